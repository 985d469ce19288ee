import type { Tap, TapFactory } from "#src/contract/bus.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { ConfigFact, Fact } from "#msgs/fact.ts";
import type { Device, Point, PointId, PointKey, Valve } from "#msgs/point.ts";

type KeyedPoint = Point & { readonly key: PointKey };

/** The plant description in force, as config facts tell it. The first tap of every timeline: the others look things up here. */
export class PlantTap implements Plant, Tap {
  readonly name = "plant";
  points: ReadonlyMap<PointId, KeyedPoint> = new Map();
  byKey: ReadonlyMap<PointKey, KeyedPoint> = new Map();
  devices: ReadonlyMap<string, Device> = new Map();
  valves: ReadonlyMap<string, Valve> = new Map();
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

  readonly factory: TapFactory = () => this;

  see(fact: Fact): void {
    if (fact.kind === "config") this.#describe(fact);
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
    this.byKey = new Map(points.map((point) => [point.key, point]));
    this.devices = new Map(devices.map((device) => [device.id, device]));
    this.valves = new Map(valves.map((valve) => [valve.id, valve]));
  }
}
