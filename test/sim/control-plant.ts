import type { DeviceSide } from "#src/contract/control.ts";
import type { DeviceAct, Receipt } from "#src/contract/adapter.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { Random } from "#src/kit/random.ts";
import type { MadeUpTime } from "./control-rig.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { between } from "#src/kit/random.ts";

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

export interface Truth {
  readonly at: number;
  readonly value: Value;
}

/** Publishes a sample as a poll or a subscription of the host would. */
export interface Line {
  asked(point: PointId, value: Value, askedAt: number): void;
  pushed(point: PointId, value: Value, sourceTime: number, about: "now" | "retained"): void;
}

/** A device that misbehaves by chance, remembers the truth of every instant, and answers reads late, never, or out of order. */
export class UnrulyPlant implements DeviceSide {
  readonly #time: MadeUpTime;
  readonly #random: Random;
  readonly #line: () => Line | undefined;
  readonly #truth = new Map<PointId, Truth[]>();
  /** Writes that reached the device's end of the wire. */
  received = 0;
  readonly seen = new Map<Fault, number>();
  /** When the writes on a point began and were answered, or given up by the device. */
  readonly #writes = new Map<PointId, { began: number; answered: number }[]>();
  isLinkUp = true;

  constructor(time: MadeUpTime, random: Random, line: () => Line | undefined) {
    this.#time = time;
    this.#random = random;
    this.#line = line;
  }

  valueAt(point: PointId, at: number): Value {
    const truths = this.#truth.get(point) ?? [];
    for (let i = truths.length - 1; i >= 0; i--) if (truths[i]!.at <= at) return truths[i]!.value;
    return 0;
  }

  /** When the write that began at this instant was answered; when it began, as long as it has not been. */
  answerOf(point: PointId, began: number, by: number): number {
    const answered = this.#writes.get(point)?.find((write) => write.began === began)?.answered ?? began;
    return answered <= by ? answered : began;
  }

  /** Whether the plant showed this at any instant of a stretch of time. */
  showed(point: PointId, from: number, to: number, isIt: (value: Value) => boolean): boolean {
    if (isIt(this.valueAt(point, from))) return true;
    return (this.#truth.get(point) ?? []).some(({ at, value }) => at >= from && at <= to && isIt(value));
  }

  /** The longest unbroken time of a stretch in which the plant showed something else. */
  longestAway(point: PointId, from: number, to: number, isIt: (value: Value) => boolean): number {
    const turns = (this.#truth.get(point) ?? []).filter(({ at }) => at > from && at < to);
    const parts = [{ at: from, value: this.valueAt(point, from) }, ...turns];
    let longest = 0;
    let left: number | undefined;
    for (const [index, { at, value }] of parts.entries()) {
      if (isIt(value)) left = undefined;
      else longest = Math.max(longest, (parts[index + 1]?.at ?? to) - (left ??= at));
    }
    return longest;
  }

  /** Forgets what nobody will ask for any more. */
  forgetBefore(at: number): void {
    for (const [point, truths] of this.#truth) {
      const kept = truths.findLastIndex((truth) => truth.at <= at);
      if (kept > 0) this.#truth.set(point, truths.slice(kept));
    }
  }

  actuator() {
    if (!this.isLinkUp) return undefined;
    return { perform: (act: DeviceAct) => this.#perform(act) };
  }

  async ask(points: readonly PointId[]): Promise<void> {
    const askedAt = this.#time.now();
    if (this.#random() < 0.05) throw new GatewayError("timeout", "nobody answered");
    await this.#time.sleep(between(this.#random, 1, 40));
    const taken = this.#time.now();
    const answers = points.map((point) => ({ point, value: this.valueAt(point, taken) }));
    // The answer may come in much later than it was taken, in any order with others.
    if (this.#random() < 0.1) await this.#time.sleep(between(this.#random, 1, 400));
    for (const { point, value } of answers) this.#line()?.asked(point, value, askedAt);
  }

  /** A poll that nobody here asked for: begun now, answered in a while with what was true at the start of it. */
  poll(point: PointId): void {
    const askedAt = this.#time.now();
    const value = this.valueAt(point, askedAt);
    this.#time.after(between(this.#random, 1, 600), () => this.#line()?.asked(point, value, askedAt));
  }

  /** What a subscription or a broker brings: true then, or kept from long ago. */
  push(point: PointId): void {
    const at = this.#time.now();
    const isRetained = this.#random() < 0.3;
    const value = this.valueAt(point, isRetained ? at - 5_000_000 : at);
    this.#time.after(between(this.#random, 1, 300), () => this.#line()?.pushed(point, value, at, isRetained ? "retained" : "now"));
  }

  async #perform(act: DeviceAct): Promise<Receipt> {
    if (act.do !== "set") return { assurance: "device" };
    const write = { began: this.#time.now(), answered: Infinity };
    const writes = this.#writes.get(act.binding.point);
    if (writes) writes.push(write);
    else this.#writes.set(act.binding.point, [write]);
    try {
      return await this.#carryOut(act);
    } finally {
      write.answered = this.#time.now();
    }
  }

  async #carryOut(act: DeviceAct & { do: "set" }): Promise<Receipt> {
    this.received++;
    const fault = this.#random() < 0.35 ? "obeys" : faults[Math.floor(this.#random() * faults.length)]!;
    this.seen.set(fault, (this.seen.get(fault) ?? 0) + 1);
    await this.#time.sleep(between(this.#random, 1, 30));
    const { point } = act.binding;
    const late = (ms: number, value: Value = act.value) => this.#time.after(ms, () => this.#set(point, value));
    switch (fault) {
      case "obeys":
        this.#set(point, act.value);
        break;
      case "slow":
        late(between(this.#random, 100, 1_500));
        break;
      case "too-slow":
        late(between(this.#random, 3_000, 8_000));
        break;
      case "drops":
        await this.#time.sleep(2_000);
        throw new GatewayError("timeout", "nobody answered", { sent: true });
      case "loses-answer":
        this.#set(point, act.value);
        await this.#time.sleep(2_000);
        throw new GatewayError("link-lost", "the link went", { sent: true });
      case "late-arrival":
        late(between(this.#random, 2_500, 9_000));
        await this.#time.sleep(2_000);
        throw new GatewayError("timeout", "nobody answered", { sent: true });
      case "refuses":
        throw new GatewayError("device-refused", "exception 3", { sent: true });
      case "clamps":
        this.#set(point, Math.min(Number(act.value), 50));
        break;
      case "ignores":
        break;
      case "reverts": {
        const before = this.valueAt(point, this.#time.now());
        this.#set(point, act.value);
        late(2_000, before);
        break;
      }
      case "duplicates":
        this.#set(point, act.value);
        late(between(this.#random, 200, 3_000));
        break;
      case "busy":
        throw new GatewayError("busy", "exception 6", { sent: true });
    }
    return { assurance: "device" };
  }

  #set(point: PointId, value: Value): void {
    const truths = this.#truth.get(point) ?? [];
    truths.push({ at: this.#time.now(), value });
    this.#truth.set(point, truths);
  }
}
