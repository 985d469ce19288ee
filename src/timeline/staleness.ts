import type { DeadlineKey, Tap, TapEnv } from "#src/contract/bus.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { Fact } from "#msgs/fact.ts";
import type { Point, PointKey } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import { usPerMs } from "#msgs/time.ts";
import { widenedBytes, widenedFloats } from "./columns.ts";

/** A polled point that says nothing about staleness is stale after this many missed polls, and never sooner than the floor. */
const missedPolls = 3;
const floorMs = 2_000;

/** How long a point may be silent. Infinity for points that speak only when they change: silence says nothing there. */
export function staleAfterUs(point: Point): number {
  if (point.staleAfterMs !== undefined) return point.staleAfterMs * usPerMs;
  const pollMs = point.binding.pollMs ?? 0;
  return pollMs > 0 ? Math.max(pollMs * missedPolls, floorMs) * usPerMs : Number.POSITIVE_INFINITY;
}

/**
 * Says `stale` when a point has been silent too long and `fresh` when it speaks again. One deadline a point, looked at when
 * it comes up and moved to where it should be by then: a sample costs a store, not a heap operation.
 */
export class StalenessTap implements Tap {
  readonly name = "staleness";
  readonly #plant: Plant;
  #env: TapEnv | undefined;
  #heardAt = new Float64Array(0);
  #afterUs = new Float64Array(0);
  #armed = new Uint8Array(0);
  #stale = new Uint8Array(0);

  constructor(plant: Plant) {
    this.#plant = plant;
  }

  readonly factory = (env: TapEnv): Tap => {
    this.#env = env;
    return this;
  };

  isStale(key: PointKey): boolean {
    return this.#stale[key] === 1;
  }

  see(fact: Fact): void {
    if (fact.kind === "samples") {
      if (fact.samples.origin === "asked" || fact.samples.origin === "pushed") this.#heard(fact.samples.keys, fact.at);
    } else if (fact.kind === "config") this.#describe();
    else if (fact.kind === "clock") this.#shift(fact.at - fact.from);
  }

  due(key: DeadlineKey): void {
    const point = Number(key);
    const due = this.#heardAt[point]! + this.#afterUs[point]!;
    this.#armed[point] = 0;
    if (due > this.#env!.now()) this.#arm(point, due);
    else if (this.#plant.byKey[point]) this.#turn(point, 1);
  }

  save(): unknown {
    return structuredClone({ heardAt: this.#heardAt, afterUs: this.#afterUs, armed: this.#armed, stale: this.#stale });
  }

  restore(state: unknown): void {
    const saved = state as {
      heardAt: Float64Array<ArrayBuffer>;
      afterUs: Float64Array<ArrayBuffer>;
      armed: Uint8Array<ArrayBuffer>;
      stale: Uint8Array<ArrayBuffer>;
    };
    this.#heardAt = saved.heardAt;
    this.#afterUs = saved.afterUs;
    this.#armed = saved.armed;
    this.#stale = saved.stale;
  }

  #heard(keys: Uint32Array, at: Timestamp): void {
    const size = this.#heardAt.length;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (key >= size) continue;
      this.#heardAt[key] = at;
      if (this.#armed[key] === 1) continue;
      if (this.#stale[key] === 1) this.#turn(key, 0);
      const afterUs = this.#afterUs[key]!;
      if (afterUs < Number.POSITIVE_INFINITY) this.#arm(key, at + afterUs);
    }
  }

  #arm(key: PointKey, due: Timestamp): void {
    this.#armed[key] = 1;
    this.#env!.at(due, key);
  }

  #turn(key: PointKey, stale: 0 | 1): void {
    this.#stale[key] = stale;
    const point = this.#plant.byKey[key];
    if (point) this.#env!.derive(point.id, stale ? "stale" : "fresh");
  }

  /** Points come, go and change their limits: those that are gone are forgotten, a changed limit counts from what was last heard. */
  #describe(): void {
    const size = this.#plant.byKey.length;
    this.#afterUs = widenedFloats(this.#afterUs, size, Number.POSITIVE_INFINITY) as Float64Array<ArrayBuffer>;
    this.#heardAt = widenedFloats(this.#heardAt, size) as Float64Array<ArrayBuffer>;
    this.#armed = widenedBytes(this.#armed, size) as Uint8Array<ArrayBuffer>;
    this.#stale = widenedBytes(this.#stale, size) as Uint8Array<ArrayBuffer>;
    for (let key = 0; key < this.#afterUs.length; key++) {
      const point = this.#plant.byKey[key];
      if (point) this.#limit(key, staleAfterUs(point));
      else this.#forget(key);
    }
  }

  #limit(key: PointKey, afterUs: number): void {
    if (this.#afterUs[key] === afterUs) return;
    this.#afterUs[key] = afterUs;
    if (this.#heardAt[key] === 0 || this.#stale[key] === 1) return;
    if (afterUs === Number.POSITIVE_INFINITY) this.#disarm(key);
    else this.#arm(key, this.#heardAt[key]! + afterUs);
  }

  #forget(key: PointKey): void {
    this.#disarm(key);
    this.#afterUs[key] = Number.POSITIVE_INFINITY;
    this.#heardAt[key] = 0;
    this.#stale[key] = 0;
  }

  #disarm(key: PointKey): void {
    if (this.#armed[key] === 1) this.#env!.cancel(key);
    this.#armed[key] = 0;
  }

  /** Time nobody lived through does not make anything older. */
  #shift(byUs: number): void {
    if (byUs <= 0) return;
    for (let key = 0; key < this.#heardAt.length; key++) if (this.#heardAt[key]! > 0) this.#heardAt[key]! += byUs;
  }
}
