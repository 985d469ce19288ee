import { formatTime } from "#msgs/time.ts";
import { Health, Ready, WsStatus } from "#msgs/wire/http.ts";
import { principalOf, type App } from "../app.ts";
import { sightOf } from "../auth/rights.ts";
import { commandJson } from "../json.ts";
import { mayBeSeen } from "./commands.ts";
import type { Gear } from "./gear.ts";

/** Commands shown by /ws/status. */
const recentMax = 50;

/** Whether the process lives, whether it does its work, and what it measures. */
export function healthRoutes(app: App, { services, commands, sessions, metrics }: Gear): void {
  app.get("/health", { config: { right: "open" }, schema: { tags: ["gateway"], response: { 200: Health } } }, () => {
    const journal = services.journal();
    return {
      status: "ok" as const,
      site: services.site.name,
      version: services.site.version,
      now: formatTime(services.timeline.clock.now()),
      clockTrusted: services.trusted?.() ?? true,
      ...(services.database && { database: { ...services.database() } }),
      journal: { state: journal.state, ...(journal.message !== undefined && { message: journal.message }) },
    };
  });

  app.get(
    "/ready",
    { config: { right: "open" }, schema: { tags: ["gateway"], response: { 200: Ready, 503: Ready } } },
    (_request, reply) => {
      const { ready, waitingFor } = services.ready();
      reply.code(ready ? 200 : 503);
      return { ready, waitingFor: [...waitingFor] };
    },
  );

  app.get("/metrics", { config: { right: "read" }, schema: { tags: ["gateway"] } }, (_request, reply) => {
    return reply.type(metrics.contentType).send(metrics.text());
  });

  app.get("/ws/status", { config: { right: "read" }, schema: { tags: ["gateway"], response: { 200: WsStatus } } }, (request) => {
    const sight = sightOf(principalOf(request), services.plant, services.areas);
    const recent = commands.list({ limit: recentMax }, (stamped) => mayBeSeen(stamped, sight));
    return { connectedClients: sessions().size, recentCommands: recent.map(commandJson) };
  });
}
