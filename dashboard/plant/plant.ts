import type { Control, PointId, PointKind } from "#msgs/point.ts";
import type { DeviceJson, PointJson } from "#msgs/wire/http.ts";
import { parseTime, type Timestamp } from "#msgs/time.ts";
import type { Value } from "#msgs/point.ts";

/** A point as the screen needs it. */
export interface ShownPoint {
  readonly id: PointId;
  readonly device: string;
  readonly area: string;
  readonly kind: PointKind;
  readonly title: string;
  readonly unit?: string;
  readonly range?: { readonly min: number; readonly max: number };
  readonly states?: Readonly<Record<string, string>>;
  readonly staleAfterMs?: number;
  readonly binding: {
    readonly adapter: string;
    readonly address: string;
    readonly pollMs?: number;
    readonly scale?: { readonly gain: number };
  };
  /** Absent: read-only. */
  readonly control?: Control;
  /** Lower-case, for the filter box. */
  readonly searched: string;
}

export interface ShownDevice {
  readonly id: string;
  readonly adapter: string;
  readonly protocol: string;
  readonly title: string;
  readonly area: string;
  readonly points: readonly PointId[];
  /** As the gateway told it when asked last; what it tells meanwhile stands in the picture's links. */
  readonly told: DeviceJson;
}

export interface ShownArea {
  readonly id: string;
  readonly devices: readonly ShownDevice[];
}

/** The plant as described, indexed the ways the screen looks at it. */
export interface Plant {
  readonly points: ReadonlyMap<PointId, ShownPoint>;
  /** In the order of the site file. */
  readonly inOrder: readonly ShownPoint[];
  readonly devices: ReadonlyMap<string, ShownDevice>;
  readonly areas: readonly ShownArea[];
  /** Which point is written to move the one that shows the effect: v-101/position → v-101/command. */
  readonly writtenThrough: ReadonlyMap<PointId, PointId>;
  readonly lastGood: ReadonlyMap<PointId, LastGood>;
}

/** The newest value that could be used; shown greyed beside a bad one. */
export interface LastGood {
  readonly value: Value;
  readonly at: Timestamp;
}

export const emptyPlant: Plant = plantOf([], []);

export function plantOf(points: readonly PointJson[], devices: readonly DeviceJson[]): Plant {
  const inOrder = points.map(shownPoint);
  const known = new Map(inOrder.map((point) => [point.id, point]));
  const byDevice = Map.groupBy(inOrder, (point) => point.device);
  const shown = devices.map((told): ShownDevice => {
    const own = byDevice.get(told.id) ?? [];
    const { id, adapter, protocol, title = id } = told;
    return { id, adapter, protocol, title, area: told.area ?? own[0]?.area ?? "elsewhere", points: own.map((point) => point.id), told };
  });
  const areas = [...Map.groupBy(shown, (device) => device.area)].map(([id, own]) => ({ id, devices: own }));
  const writtenThrough = new Map<PointId, PointId>();
  for (const { id, control } of inOrder) {
    const shows = control?.evidence?.point;
    if (shows !== undefined && shows !== id) writtenThrough.set(shows, id);
  }
  return {
    points: known,
    inOrder,
    devices: new Map(shown.map((device) => [device.id, device])),
    areas,
    writtenThrough,
    lastGood: lastGoodOf(points),
  };
}

function shownPoint(point: PointJson): ShownPoint {
  const { id, device, area, kind, title = id, unit, range, states, staleAfterMs } = point;
  const binding = (point.binding ?? {}) as Partial<ShownPoint["binding"]>;
  return {
    id,
    device,
    area,
    kind,
    title,
    ...(unit !== undefined && { unit }),
    ...(range && { range }),
    ...(states && { states }),
    ...(staleAfterMs !== undefined && { staleAfterMs }),
    binding: { ...binding, adapter: binding.adapter ?? "", address: binding.address ?? "" },
    ...(point.writable && point.control && { control: point.control as unknown as Control }),
    searched: `${id} ${title} ${device} ${area}`.toLowerCase(),
  };
}

function lastGoodOf(points: readonly PointJson[]): Map<PointId, LastGood> {
  const found = new Map<PointId, LastGood>();
  for (const { id, latest } of points) {
    const good = latest?.lastGood;
    const at = good && parseTime(good.at);
    if (good && at !== undefined) found.set(id, { value: good.value, at });
  }
  return found;
}
