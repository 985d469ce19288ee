import type { Found } from "#src/contract/adapter.ts";
import type { FoundPoint } from "./details.ts";

/** Devices whose points are alike: two hundred room controllers are one template and two hundred lines. */
export interface EqualUnits {
  readonly devices: readonly Found["device"][];
  /** The points every one of them has, ids without what tells the units apart. */
  readonly points: readonly FoundPoint[];
}

/**
 * Puts devices together that have the same addresses, kinds, units, limits and texts under the same names, the unit's own name
 * left out: "VAV-3-12 room temperature" and "VAV-3-13 room temperature" are one. The largest group comes first.
 */
export function equalUnits(found: readonly Found[]): readonly EqualUnits[] {
  const devices = new Map<string, { device: Found["device"]; points: FoundPoint[] }>();
  for (const { device, point } of found) {
    const unit = devices.get(device.id) ?? { device, points: [] };
    devices.set(device.id, unit);
    if (point) unit.points.push(point);
  }
  const groups = new Map<string, { devices: Found["device"][]; points: FoundPoint[] }>();
  for (const { device, points } of devices.values()) {
    const bare = points.map((point) => ({ ...point, id: withoutUnit(point.id, device.id) }));
    const shape = JSON.stringify(bare.map(({ title: _, ...rest }) => rest).sort((a, b) => a.address.localeCompare(b.address)));
    const group = groups.get(shape) ?? { devices: [], points: bare };
    group.devices.push(device);
    groups.set(shape, group);
  }
  return [...groups.values()].sort((a, b) => b.devices.length - a.devices.length);
}

function withoutUnit(point: string, device: string): string {
  const bare = point.startsWith(`${device}-`) ? point.slice(device.length + 1) : point;
  return bare === "" ? point : bare;
}
