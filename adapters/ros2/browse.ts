import type { Found } from "#src/contract/adapter.ts";
import type { Timers } from "#src/contract/clock.ts";
import type { PointKind } from "#msgs/point.ts";
import type { Robot } from "./config.ts";
import { scalarPaths } from "./field-path.ts";
import type { Primitive, TypeRegistry } from "./types/index.ts";
import type { Transport } from "./transport/transport.ts";

/** How long discovery is given before what it found is listed. */
const listenMs = 1500;
const mostFields = 200;

/** Every published topic with its single values, as devices and points that could be configured. */
export async function* browse(
  transport: Transport,
  types: TypeRegistry,
  robots: readonly Robot[],
  timers: Timers,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  if (transport.topics().length === 0) await timers.sleep(listenMs, signal).catch(() => undefined);
  for (const { name, types: names, publishers } of transport.topics()) {
    if (signal.aborted) return;
    const type = names[0];
    if (publishers.length === 0 || type === undefined || isMachinery(name)) continue;
    const root = name.slice(0, Math.max(name.lastIndexOf("/"), 0));
    const known = robots.find((robot) => robot.root === root);
    const device = {
      id: known?.id ?? (root === "" ? "ros2" : root.slice(1).replaceAll("/", "-").replaceAll("_", "-").toLowerCase()),
      options: { root: root === "" ? "/" : root },
    };
    yield { device };
    if (!types.has(type)) continue;
    let shown = 0;
    for (const { path, field } of scalarPaths(types, types.get(type))) {
      if (shown++ >= mostFields) break;
      const point = name.slice(root.length + 1);
      const id = `${point}/${path}`.replaceAll(/[^a-zA-Z0-9]+/g, "-").toLowerCase();
      yield {
        device,
        point: { id, address: `${root === "" ? name : point}#${path}`, kind: kindOf(field.type as Primitive), writable: false },
      };
    }
  }
}

/** What ROS itself talks about: hidden names, as those inside an action, logs and changes of parameters. No robot is known by them. */
function isMachinery(topic: string): boolean {
  return /\/_|\/(rosout|parameter_events)$/.test(topic);
}

function kindOf(type: Primitive): PointKind {
  if (type === "bool") return "boolean";
  return type === "string" || type === "wstring" ? "text" : "number";
}
