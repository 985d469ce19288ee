import { shownName } from "../bacnet/map.ts";
import type { FaultScope } from "./fault.ts";

/** What is asked of the site: the names of what can be broken. */
export interface FaultTargets {
  plant: { instruments: ReadonlyMap<string, unknown> };
  devices: ReadonlyMap<string, { id: string; protocol: string; points: readonly string[] }>;
}

/** The whole networks that can be switched off. */
export const networks = ["modbus", "mqtt", "bacnet"] as const;

/** Every target a fault of this scope can be put on. */
export function targetsOf(scope: FaultScope, site: FaultTargets): string[] {
  const devices = [...site.devices.values()].filter((device) => device.protocol !== "ros2");
  // Of a robot only the power can be cut: what else may go wrong on its way is DDS's own to mend.
  const robots = [...site.devices.values()].filter((device) => device.protocol === "ros2");
  switch (scope) {
    case "valve":
      return ["v-101", "v-102", "zone-1", "zone-2", "zone-3", "zone-4"];
    case "pump":
      return ["p-1", "p-2"];
    case "section":
      return ["section-2"];
    case "instrument":
      return [...site.plant.instruments.keys()];
    case "mqtt-device":
      return devices.filter((device) => device.protocol === "mqtt").map((device) => device.id);
    case "device":
      return devices.map((device) => device.id);
    case "device-or-point":
      return devices.flatMap((device) => [device.id, ...namesOf(device)]);
    case "device-or-network":
      return [...[...devices, ...robots].map((device) => device.id), ...networks];
  }
}

/** The points of a box go by the box: its room has a unit of its own that shows some of the same. */
function namesOf({ id, protocol, points }: { id: string; protocol: string; points: readonly string[] }): readonly string[] {
  return protocol === "bacnet" ? points.map((point) => `${id}/${shownName(point)}`) : points;
}
