import type { DeviceSide } from "#src/contract/control.ts";
import type { DeviceAct, Receipt } from "#src/contract/adapter.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { Random } from "#src/kit/random.ts";
import type { MadeUpTime } from "./control-rig.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { between } from "#src/kit/random.ts";
import { History, PlantTruth } from "./control-truth.ts";

/** What one device does to the next write it gets. */
export const faults = [
  "obeys",
  "slow", // takes effect late, inside the window
  "too-slow", // takes effect after the window
  "drops", // the write never arrives
  "loses-answer", // it takes effect and the answer is lost
  "late-arrival", // the answer is lost and the write arrives long after
  "refuses",
  "clamps",
  "ignores", // echoes and does nothing
  "reverts", // shows it and goes back after two seconds
  "duplicates", // is carried out twice, the second time late
  "busy",
] as const;
export type Fault = (typeof faults)[number];

/** Publishes a sample as a poll or a subscription of the host would. */
export interface Line {
  asked(point: PointId, value: Value, askedAt: number): void;
  pushed(point: PointId, value: Value, sourceTime: number, about: "now" | "retained"): void;
}

/** A write as the device got it. `carriedOut` counts how often it took effect. */
export interface Write {
  readonly point: PointId;
  readonly priority: number;
  readonly value: Value | null;
  readonly began: number;
  answered: number;
  carriedOut: number;
}

export interface UnrulyParts {
  readonly time: MadeUpTime;
  readonly random: Random;
  readonly line: () => Line | undefined;
  /** Points whose device keeps the sixteen itself, and what each shows when all are empty. */
  readonly arrays?: ReadonlyMap<PointId, Value>;
  /** Instead of chance. */
  readonly faultOf?: (act: DeviceAct) => Fault;
}

/** A device that misbehaves by chance, remembers the truth of every instant, and answers reads late, never, or out of order. */
export class UnrulyPlant implements DeviceSide {
  readonly #parts: UnrulyParts;
  readonly truth = new PlantTruth();
  readonly #arrays = new Map<PointId, (Value | null)[]>();
  /** What the arrays held at every instant. */
  readonly arrayTruth = new History<readonly (Value | null)[]>();
  /** Writes that reached the device's end of the wire, by point. */
  readonly #writes = new Map<PointId, Write[]>();
  received = 0;
  readonly seen = new Map<Fault, number>();
  isLinkUp = true;

  constructor(parts: UnrulyParts) {
    this.#parts = parts;
    for (const point of parts.arrays?.keys() ?? []) this.#arrays.set(point, emptyArray());
    this.restart();
  }

  /** Every write of a point, or of all. */
  writes(point?: PointId): readonly Write[] {
    return point === undefined ? [...this.#writes.values()].flat() : (this.#writes.get(point) ?? []);
  }

  writeAt(point: PointId, began: number): Write | undefined {
    return this.#writes.get(point)?.find((write) => write.began === began);
  }

  /** The devices that keep the sixteen lose them. */
  restart(): void {
    for (const [point, array] of this.#arrays) {
      array.fill(null);
      this.#show(point);
    }
  }

  forgetBefore(at: number): void {
    this.truth.forgetBefore(at);
    this.arrayTruth.forgetBefore(at);
  }

  keepsSlots(point: PointId): boolean {
    return this.#arrays.has(point);
  }

  async slots(point: PointId): Promise<readonly (Value | null)[]> {
    const { time, random } = this.#parts;
    if (random() < 0.05) throw new GatewayError("timeout", "nobody answered");
    await time.sleep(between(random, 1, 40));
    return [...this.#arrays.get(point)!];
  }

  actuator() {
    if (!this.isLinkUp) return undefined;
    return { perform: (act: DeviceAct) => this.#perform(act) };
  }

  async ask(points: readonly PointId[]): Promise<void> {
    const { time, random, line } = this.#parts;
    const askedAt = time.now();
    if (random() < 0.05) throw new GatewayError("timeout", "nobody answered");
    await time.sleep(between(random, 1, 40));
    const taken = time.now();
    const answers = points.map((point) => ({ point, value: this.truth.valueAt(point, taken) }));
    // The answer may come in much later than it was taken, in any order with others.
    if (random() < 0.1) await time.sleep(between(random, 1, 400));
    for (const { point, value } of answers) line()?.asked(point, value, askedAt);
  }

  /** A poll that nobody here asked for: begun now, answered in a while with what was true at the start of it. */
  poll(point: PointId): void {
    const { time, random, line } = this.#parts;
    const askedAt = time.now();
    const value = this.truth.valueAt(point, askedAt);
    time.after(between(random, 1, 600), () => line()?.asked(point, value, askedAt));
  }

  /** What a subscription or a broker brings: true then, or kept from long ago. */
  push(point: PointId): void {
    const { time, random, line } = this.#parts;
    const at = time.now();
    const isRetained = random() < 0.3;
    const value = this.truth.valueAt(point, isRetained ? at - 5_000_000 : at);
    time.after(between(random, 1, 300), () => line()?.pushed(point, value, at, isRetained ? "retained" : "now"));
  }

  async #perform(act: DeviceAct): Promise<Receipt> {
    if (act.do === "call") return { assurance: "device" };
    const { time } = this.#parts;
    const { point } = act.binding;
    const value = act.do === "set" ? act.value : null;
    const write: Write = { point, priority: act.priority, value, began: time.now(), answered: Infinity, carriedOut: 0 };
    const writes = this.#writes.get(point);
    if (writes) writes.push(write);
    else this.#writes.set(point, [write]);
    try {
      return await this.#carryOut(act, write);
    } finally {
      write.answered = time.now();
    }
  }

  async #carryOut(act: DeviceAct, write: Write): Promise<Receipt> {
    const { time, random } = this.#parts;
    this.received++;
    const fault = this.#parts.faultOf?.(act) ?? (random() < 0.35 ? "obeys" : faults[Math.floor(random() * faults.length)]!);
    this.seen.set(fault, (this.seen.get(fault) ?? 0) + 1);
    await time.sleep(between(random, 1, 30));
    const now = () => this.#take(write, write.value);
    const late = (from: number, to: number) => time.after(between(random, from, to), now);
    switch (fault) {
      case "obeys":
        now();
        break;
      case "slow":
        late(100, 1_500);
        break;
      case "too-slow":
        late(3_000, 8_000);
        break;
      case "drops":
        await time.sleep(2_000);
        throw new GatewayError("timeout", "nobody answered", { sent: true });
      case "loses-answer":
        now();
        await time.sleep(2_000);
        throw new GatewayError("link-lost", "the link went", { sent: true });
      case "late-arrival":
        late(2_500, 9_000);
        await time.sleep(2_000);
        throw new GatewayError("timeout", "nobody answered", { sent: true });
      case "refuses":
        throw new GatewayError("device-refused", "exception 3", { sent: true });
      case "clamps":
        this.#take(write, write.value === null ? null : Math.min(Number(write.value), 50));
        break;
      case "ignores":
        break;
      case "reverts": {
        const before = this.#arrays.get(write.point)?.[write.priority - 1] ?? null;
        const shown = this.truth.valueAt(write.point, time.now());
        now();
        time.after(2_000, () => this.#take(write, this.#arrays.has(write.point) ? before : shown));
        break;
      }
      case "duplicates":
        now();
        late(200, 3_000);
        break;
      case "busy":
        throw new GatewayError("busy", "exception 6", { sent: true });
    }
    return { assurance: "device" };
  }

  #take(write: Write, value: Value | null): void {
    write.carriedOut++;
    const array = this.#arrays.get(write.point);
    if (!array) return this.truth.shows(write.point, this.#parts.time.now(), value!);
    array[write.priority - 1] = value;
    this.#show(write.point);
  }

  #show(point: PointId): void {
    const array = this.#arrays.get(point)!;
    const now = this.#parts.time.now();
    this.arrayTruth.put(point, now, [...array]);
    this.truth.shows(point, now, array.find((value) => value !== null) ?? this.#parts.arrays!.get(point)!);
  }
}

function emptyArray(): (Value | null)[] {
  return Array.from({ length: 16 }, () => null);
}
