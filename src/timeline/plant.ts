import type { Tap, TapFactory } from "#src/contract/bus.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { ConfigFact, Fact } from "#msgs/fact.ts";
import { assert } from "#src/kit/errors.ts";
import type { Device, Point, PointId, PointKey, Valve } from "#msgs/point.ts";

type KeyedPoint = Point & { readonly key: PointKey };

/** The plant description in force, as config facts tell it. The first tap of every timeline: the others look things up here. */
export class PlantTap implements Plant, Tap {
  readonly name = "plant";
  points: ReadonlyMap<PointId, KeyedPoint> = new Map();
  byKey: readonly (KeyedPoint | undefined)[] = [];
  devices: ReadonlyMap<string, Device> = new Map();
  valves: ReadonlyMap<string, Valve> = new Map();
  /** Made when it is first asked for. */
  #byDevice: ReadonlyMap<string, readonly KeyedPoint[]> | undefined;
  #config: ConfigFact | undefined;

  get revision(): string {
    return this.#config?.revision ?? "";
  }

  get timeZone(): string {
    return this.#config?.timeZone ?? "UTC";
  }

  get config(): ConfigFact | undefined {
    return this.#config;
  }

  pointsOf(device: string): readonly KeyedPoint[] {
    this.#byDevice ??= groupedByDevice(this.points.values());
    return this.#byDevice.get(device) ?? [];
  }

  readonly factory: TapFactory = () => this;

  see(fact: Fact): void {
    if (fact.kind === "config") this.#describe(fact);
  }

  /** The very description that is in force, in other objects: those of the site file, so that it is in memory once. */
  restate(config: ConfigFact): void {
    assert(config.revision === this.revision, "another description is for a config fact to tell");
    for (const { id, key } of config.points) assert(this.points.get(id)?.key === key, "a point keeps its key for good");
    this.#describe(config);
  }

  due(): void {}

  save(): unknown {
    return this.#config;
  }

  restore(state: unknown): void {
    if (state) this.#describe(state as ConfigFact);
  }

  #describe(config: ConfigFact): void {
    const { kind, revision, timeZone, areas, devices, points, valves, rules } = config;
    this.#config = { kind, revision, timeZone, areas, devices, points, valves, rules };
    this.points = new Map(points.map((point) => [point.id, point]));
    this.byKey = placedByKey(points);
    this.#byDevice = undefined;
    this.devices = new Map(devices.map((device) => [device.id, device]));
    this.valves = new Map(valves.map((valve) => [valve.id, valve]));
  }
}

/** Every point at the place of its key. */
export function placedByKey(points: readonly KeyedPoint[]): readonly (KeyedPoint | undefined)[] {
  const highest = points.reduce((most, { key }) => Math.max(most, key), 0);
  const placed = Array.from<KeyedPoint | undefined>({ length: highest + 1 });
  for (const point of points) placed[point.key] = point;
  return placed;
}

export function groupedByDevice(points: Iterable<KeyedPoint>): ReadonlyMap<string, readonly KeyedPoint[]> {
  const groups = new Map<string, KeyedPoint[]>();
  for (const point of points) {
    const beside = groups.get(point.device);
    if (beside) beside.push(point);
    else groups.set(point.device, [point]);
  }
  return groups;
}
