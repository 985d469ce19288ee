import { Type } from "#msgs/schema/type.ts";
import { principalOf, type App } from "../app.ts";
import { sightOf } from "../auth/rights.ts";
import { HttpRefusal, listIn } from "../refusal.ts";
import { encoded } from "../session/encoded.ts";
import type { Listener } from "../session/feed.ts";
import type { Reader } from "../session/group.ts";
import type { Gear } from "./gear.ts";

const heartbeatMs = 15_000;
const patternsMax = 100;
const readersMax = 200;

const Query = Type.Object(
  {
    timeline: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    points: Type.Optional(Type.Union([Type.String({ maxLength: 10_000 }), Type.Array(Type.String({ maxLength: 200 }))])),
  },
  { additionalProperties: false },
);

/**
 * Server-sent events for whoever only listens: each message is one JSON object with `type` and `timeline`. Values come only
 * for the patterns asked for. A reader that falls too far behind is cut off; EventSource dials again by itself.
 */
export function eventRoutes(app: App, { services, hub, auth, limits, time }: Gear): void {
  let readers = 0;

  app.get("/events", { config: { right: "read" }, schema: { tags: ["gateway"], querystring: Query } }, (request, reply) => {
    const principal = principalOf(request);
    const { timeline = "live" } = request.query;
    const patterns = listIn(request.query, "points", patternsMax);
    const feed = hub.feed(timeline);
    if (!feed) throw new HttpRefusal(404, { code: "unknown-timeline", message: `there is no timeline "${timeline}"` });
    if (readers >= readersMax)
      throw new HttpRefusal(503, { code: "too-many-readers", message: `${readersMax} readers of events are connected already` });
    const sight = sightOf(principal, services.plant, services.areas);
    const { raw } = reply;
    reply.hijack();
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
    readers++;

    const write = (text: string): void => {
      if (raw.destroyed) return;
      raw.write(text);
      if (raw.writableLength > limits.endBytes) raw.destroy();
    };
    const listener: Listener = { sight, watches: (watched) => watched === timeline, hear: (told) => write(told.sse) };
    const reader: Reader = {
      get slow() {
        return raw.writableLength > limits.slowBytes;
      },
      offer: (bytes) => write(`data: ${bytes.toString("utf8")}\n\n`),
      overtook: (of, count) => write(encoded({ type: "overtaken", timeline: of, count }).sse),
    };
    write(encoded({ type: "event", timeline, data: { type: "connected", features: ["events"] } }).sse);
    hub.listeners.add(listener);
    const joined = patterns.length > 0 ? feed.subscribe({ patterns, form: "rows", periodMs: limits.tickMs, sight }, reader) : undefined;
    const cancelHeartbeat = time.every(heartbeatMs, () => {
      if (request.signedIn && auth.current(request.signedIn)) write(": still here\n\n");
      else raw.destroy();
    });
    raw.once("close", () => {
      readers--;
      cancelHeartbeat();
      joined?.close();
      hub.listeners.delete(listener);
    });
  });
}
