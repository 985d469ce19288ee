import { Type } from "#msgs/schema/type.ts";
import { Refused, Ros2CommandAnswer, Ros2CommandBody, Ros2NodeJson } from "#msgs/wire/http.ts";
import { principalOf, type App } from "../app.ts";
import { sightOf, type Sight } from "../auth/rights.ts";
import { unknownId } from "../refusal.ts";
import type { Services } from "../services.ts";
import { accepted } from "./commands.ts";
import type { Gear } from "./gear.ts";

/** Robots and what else lives on the ROS 2 network, as the links see it. */
export function ros2Routes(app: App, { services, writes }: Gear): void {
  const sight = (request: Parameters<typeof principalOf>[0]): Sight => sightOf(principalOf(request), services.plant, services.areas);

  app.get(
    "/ros2/nodes",
    { config: { right: "read" }, schema: { tags: ["ros2"], response: { 200: Type.Array(Ros2NodeJson) } } },
    (request) => nodes(services, sight(request)),
  );

  for (const what of ["topics", "services"] as const) {
    app.get(`/ros2/${what}`, { config: { right: "read" }, schema: { tags: ["ros2"] } }, () => listed(services, what));
  }

  app.post(
    "/ros2/nodes/:id/command",
    {
      config: { right: "command", writes: true },
      schema: { tags: ["ros2"], body: Ros2CommandBody, response: { 202: Ros2CommandAnswer, 403: Refused, 404: Refused, 409: Refused } },
    },
    async (request, reply) => {
      const { id } = request.params as { id: string };
      const device = services.plant.devices.get(id);
      if (device?.protocol !== "ros2" || !sight(request).device(id)) throw unknownId("node", id);
      const { command, args, commandId, timeline } = request.body;
      const more = { ...(args && { args }), ...(commandId !== undefined && { commandId }), ...(timeline !== undefined && { timeline }) };
      const answer = await writes.write({ type: "device.call", device: id, method: command, ...more }, principalOf(request));
      reply.code(202);
      return { ok: true, commandId: accepted(answer).commandId };
    },
  );
}

/** One entry per robot of the site file, then every other node that was discovered. */
function nodes(services: Services, sight: Sight): Ros2NodeJson[] {
  const found = listed(services, "nodes");
  const robots: Ros2NodeJson[] = [];
  const taken = new Set<unknown>();
  for (const device of services.plant.devices.values()) {
    if (device.protocol !== "ros2" || !sight.device(device.id)) continue;
    const node = found.find((entry) => entry["device"] === device.id || entry["name"] === device.id);
    if (node) taken.add(node);
    const status =
      services.links.status().find((link) => link.device === device.id) ??
      services.links.status().find((link) => link.adapter === device.adapter);
    robots.push({
      ...node,
      id: device.id,
      name: String(node?.["name"] ?? device.id),
      device: device.id,
      state: status?.state ?? "connecting",
    });
  }
  const others = found
    .filter((entry) => !taken.has(entry))
    .map((entry) => ({ ...entry, id: String(entry["name"]), name: String(entry["name"]), state: String(entry["state"] ?? "up") }));
  return [...robots, ...others];
}

/** A list out of what the ROS 2 links say about themselves; each entry an object with an id. */
function listed(services: Services, what: "nodes" | "topics" | "services"): Record<string, unknown>[] {
  return services.links
    .status()
    .filter(({ protocol, device }) => protocol === "ros2" && device === undefined)
    .flatMap(({ adapter, health }) => {
      const entries: unknown = health?.[what];
      if (!Array.isArray(entries)) return [];
      return entries.slice(0, 10_000).map((entry: unknown) => {
        const fields = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : { name: String(entry) };
        return { id: String(fields["id"] ?? fields["name"]), adapter, ...fields };
      });
    });
}
