import { ros2Robots } from "./map.ts";

/** The options of the link to the demo's robots, for site files and tests: loopback, without multicast. */
export function ros2Link(domain: number | string): Record<string, unknown> {
  return { domain, interfaces: ["127.0.0.1"], multicast: false, peers: ["127.0.0.1"] };
}

/** Robots and their points in the words of an adapter's configuration. */
export const ros2SiteDevices = ros2Robots.map(({ device, title, area, commands, points }) => ({
  id: device,
  title,
  area,
  options: { commands: [...commands] },
  points: points.map(({ point, title: what, field, unit, range, states, scale }) => ({
    id: point,
    title: what,
    address: `telemetry#${field}`,
    kind: states ? ("state" as const) : ("number" as const),
    ...(unit !== undefined && { unit }),
    ...(range && { range: { min: range[0], max: range[1] } }),
    ...(states && { states: Object.fromEntries(states.map((name, value) => [value, name])) }),
    ...(scale !== undefined && { scale: { gain: scale } }),
  })),
}));
