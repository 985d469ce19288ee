import { trunkNetwork, bacnetDevices } from "./map.ts";

/** The options of the link to the demo's building, for site files and tests: everything is found through the BBMD. */
export function bacnetLink(port: number | string): Record<string, unknown> {
  return { listen: "127.0.0.1:0", bbmd: `127.0.0.1:${port}`, networks: [trunkNetwork] };
}

/** Devices and points of the demo's building in the words of an adapter's configuration. */
export const bacnetSiteDevices = bacnetDevices.map(({ device, title, area, instance, points }) => ({
  id: device,
  title,
  area,
  options: { instance, notificationClasses: [1] },
  points: points.map(({ point, object, title: what, unit, limits, states, commandable, logEverySeconds }, i) => {
    const log =
      logEverySeconds === undefined ? undefined : points.slice(0, i + 1).filter((one) => one.logEverySeconds !== undefined).length;
    return {
      id: point,
      title: what,
      address: log === undefined ? object : `${object};log=trend-log:${log}`,
      kind: states ? ("boolean" as const) : ("number" as const),
      ...(unit !== undefined && unit !== "1" && { unit }),
      ...(limits && { range: { min: limits.low, max: limits.high } }),
      ...(states && { states: { 0: states[0], 1: states[1] } }),
      writable: commandable === true,
    };
  }),
}));
