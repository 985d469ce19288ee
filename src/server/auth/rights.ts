import type { Area, AreaId, DeviceId, PointId } from "#msgs/point.ts";
import type { Principal, Role } from "#src/contract/control.ts";
import type { Plant } from "#src/contract/gateway.ts";

/** What a route or a frame asks for. `open` asks for nothing and is for health, sign-in and the page itself. */
export type Right = "open" | "read" | "command" | "missions" | "administer";

const rights: { readonly [R in Role]: ReadonlySet<Right> } = {
  viewer: new Set<Right>(["open", "read"]),
  operator: new Set<Right>(["open", "read", "command", "missions"]),
  engineer: new Set<Right>(["open", "read", "command", "missions"]),
  admin: new Set<Right>(["open", "read", "command", "missions", "administer"]),
};

export function hasRight(principal: Principal | undefined, right: Right): boolean {
  return right === "open" || (principal !== undefined && rights[principal.role].has(right));
}

/** Whether this principal's areas take in that one: the same, or somewhere above it. */
export function coversArea(principal: Principal, area: AreaId | undefined, areas: readonly Area[]): boolean {
  if (principal.areas === undefined) return true;
  if (area === undefined) return false;
  let at: AreaId | undefined = area;
  // Areas form a tree that the site file has checked; the bound is against a loop all the same.
  for (let depth = 0; at !== undefined && depth < 32; depth++) {
    if (principal.areas.includes(at)) return true;
    at = areas.find((known) => known.id === at)?.parent;
  }
  return false;
}

/** What a principal may see of the plant. */
export interface Sight {
  point(point: PointId): boolean;
  device(device: DeviceId): boolean;
  /** All that may be seen, found in one go. */
  devices(): Iterable<DeviceId>;
  /** Same key, same sight: sessions that see the same share what is made for them. */
  readonly key: string;
}

export function sightOf(principal: Principal, plant: Plant, areas: () => readonly Area[]): Sight {
  if (principal.areas === undefined) return { point: () => true, device: () => true, devices: () => plant.devices.keys(), key: "*" };
  return {
    point: (id) => coversArea(principal, plant.points.get(id)?.area, areas()),
    device(id) {
      const device = plant.devices.get(id);
      if (!device) return false;
      if (device.area !== undefined && coversArea(principal, device.area, areas())) return true;
      return plant.pointsOf(id).some((point) => coversArea(principal, point.area, areas()));
    },
    devices() {
      const seen = new Set<DeviceId>();
      for (const point of plant.points.values())
        if (!seen.has(point.device) && coversArea(principal, point.area, areas())) seen.add(point.device);
      return [...plant.devices.values()]
        .filter(({ id, area }) => seen.has(id) || (area !== undefined && coversArea(principal, area, areas())))
        .map(({ id }) => id);
    },
    key: [...principal.areas].sort().join("\n"),
  };
}
