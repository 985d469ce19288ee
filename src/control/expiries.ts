import type { LiveTime } from "#src/contract/clock.ts";
import type { Principal, Verdict } from "#src/contract/control.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { Command, CommandStep, Priority } from "#msgs/command.ts";
import type { PointId } from "#msgs/point.ts";
import { microseconds } from "#msgs/time.ts";
import type { ControlConfig } from "./control-config.ts";
import type { ControlTap } from "./control-tap.ts";
import type { DeviceSlots } from "./device-slots.ts";
import type { FollowUp } from "./follow-up.ts";
import type { Lanes } from "./lanes.ts";
import type { LastHands } from "./last-hands.ts";
import type { Ledger, Life } from "./ledger.ts";
import type { ControlRecord, DocumentRow, RecordWrite } from "./record.ts";
import type { SlotTable } from "./slot-table.ts";
import type { Slot } from "./slots.ts";
import { isNear } from "./evidence.ts";
import { filled, isSameValue, slotAt } from "./slots.ts";

export interface ExpiriesParts {
  readonly config: ControlConfig;
  readonly time: LiveTime;
  readonly plant: Plant;
  readonly tap: ControlTap;
  readonly slots: SlotTable;
  readonly deviceSlots: DeviceSlots;
  readonly ledger: Ledger;
  readonly lanes: Lanes;
  readonly hands: LastHands;
  readonly followUp: FollowUp;
  readonly record: ControlRecord;
  readonly submitOwn: (command: Command, by: Principal) => Verdict;
}

/** The slot that an expiry on its way has emptied; durable, since it must stand again when nobody can say whether the device has it. */
interface Expiring {
  readonly point: PointId;
  readonly priority: Priority;
  readonly slot: Slot;
}

interface OnItsWay {
  readonly point: PointId;
  readonly priority: Priority;
  slot: Slot;
  readonly id: string;
  /** Absent when it ended before the last stop. */
  readonly life: Life | undefined;
}

const expiry: Principal = { name: "expiry", kind: "program", role: "admin" };
/** Ends after which the device has it, or said so; after any other it is tried again as long as the slot stands. */
const given: ReadonlySet<CommandStep["state"]> = new Set(["confirmed", "masked"]);

/** Releases overrides when their time is over, each time as a command of its own, until the device has it. */
export class Expiries {
  readonly #parts: ExpiriesParts;
  #count = 0;
  /** Releases under way; the slot that a failed one puts back must not start the next at once. */
  readonly #onItsWay = new Map<string, OnItsWay>();

  constructor(parts: ExpiriesParts) {
    this.#parts = parts;
    parts.slots.onChange((point, priority, slot) => this.#watch(point, priority, slot));
    parts.tap.onClock((fact) => {
      // A stall or a stop is time that passed; a corrected date is not, and eight hours stay eight hours.
      const by = fact.at - fact.from;
      if (by > 0 && fact.why !== "stalled" && fact.why !== "started") this.#postpone(by);
    });
  }

  /** Takes up what an earlier run left; what ran out meanwhile is released now. */
  begin(rows: readonly DocumentRow[]): void {
    for (const { id, body } of rows) {
      if (this.#parts.ledger.find(id)) this.#follow(id, body as Expiring, 0);
      else this.#write([document(id, undefined)]);
    }
    for (const point of [...this.#parts.slots.points()])
      for (const { priority, slot } of filled(this.#parts.slots.of(point))) this.#watch(point, priority, slot);
  }

  #watch(point: PointId, priority: Priority, slot: Slot | undefined): void {
    const key = keyOf(point, priority);
    const onItsWay = this.#onItsWay.get(key);
    // The slot was taken anew before its turn came; should that be over by then too, it is that one which is emptied.
    if (slot && onItsWay?.life?.state === "recorded") {
      onItsWay.slot = slot;
      this.#write([document(onItsWay.id, { point, priority, slot })]);
    }
    if (slot?.until === undefined) return this.#parts.tap.forget(key);
    if (onItsWay && slot.until <= this.#parts.time.now()) return;
    this.#parts.tap.at(slot.until, key, "instant", () => this.#expire(point, priority, 0));
  }

  #expire(point: PointId, priority: Priority, attempt: number): void {
    const { slots, time, submitOwn } = this.#parts;
    const slot = slotAt(slots.of(point), priority);
    if (slot?.until === undefined) return;
    const id = `expiry-${time.now()}-${++this.#count}`;
    const command: Command = { id, act: { do: "release", point }, priority, asked: "override.expire", reason: "its time is over" };
    this.#write([document(id, { point, priority, slot })]);
    const verdict = submitOwn(command, expiry);
    if (verdict.status === "success") return this.#follow(id, { point, priority, slot }, attempt);
    this.#write([document(id, undefined)]);
    this.#again(point, priority, attempt);
  }

  #follow(id: string, expiring: Expiring, attempt: number): void {
    const { point, priority } = expiring;
    const { ledger, slots, lanes, hands, followUp } = this.#parts;
    const key = keyOf(point, priority);
    const life = ledger.open.get(id);
    const own: OnItsWay = { ...expiring, id, life };
    this.#onItsWay.set(key, own);
    hands.follow(point, priority);
    const end = (standsAgain: boolean, state: CommandStep["state"]) => {
      hands.forget(point, priority);
      this.#write([...(standsAgain ? [slots.change(point, priority, own.slot)] : []), document(id, undefined)]);
      if (this.#onItsWay.get(key) === own) this.#onItsWay.delete(key);
      if (standsAgain) this.#again(point, priority, attempt, () => void this.#expireOnceRead(point, priority, attempt + 1));
      else if (!given.has(state)) this.#again(point, priority, attempt);
    };
    ledger.onEnd(id, (step) => {
      if (!this.#standsAgain(own, step)) return end(false, step.state);
      // In its turn, so that no other command on the point is on its way with a plan that did not know of this slot.
      lanes.run(`point/${point}`, () => {
        const hand = hands.of(point, priority);
        const isAnothers = hand !== undefined && hand.command !== own.slot.command;
        const standsAgain = !isAnothers && this.#standsAgain(own, step);
        end(standsAgain, step.state);
        if (standsAgain) followUp.standsAgain(point, priority, own.slot.value);
        return Promise.resolve();
      });
    });
  }

  /**
   * Whether the override is to be taken for standing although its slot was emptied: nobody knows whether the device has the release, and
   * the plant goes on showing what the slot held, or nothing. What it shows instead, somebody else has set.
   */
  #standsAgain({ point, priority, slot, life }: OnItsWay, { state, observed }: CommandStep): boolean {
    const { slots, deviceSlots, plant } = this.#parts;
    if (given.has(state)) return false;
    const now = slotAt(slots.of(point), priority);
    // The device's own array was read, and holds what was ours.
    if (now) return now.command === undefined && isSameValue(now.value, slot.value);
    if (state !== "unknown" || life?.isAnswered) return false;
    if (observed === undefined || observed.value === null) return true;
    const tolerance = plant.points.get(point)?.control?.evidence.tolerance ?? 0;
    return !deviceSlots.isKeptBy(point) && isNear(observed.value, slot.value, tolerance);
  }

  /** Another master may have filled the slot since: a device that keeps the slots is read before it is sent to a second time. */
  async #expireOnceRead(point: PointId, priority: Priority, attempt: number): Promise<void> {
    const { deviceSlots } = this.#parts;
    const retry = () => void this.#expireOnceRead(point, priority, attempt + 1);
    if (deviceSlots.isKeptBy(point) && !(await deviceSlots.refresh(point))) return this.#again(point, priority, attempt, retry);
    this.#expire(point, priority, attempt);
  }

  #again(point: PointId, priority: Priority, attempt: number, retry: () => void = () => this.#expire(point, priority, attempt + 1)): void {
    const { config, tap } = this.#parts;
    const { first, ceiling } = config.expiryRetryMs;
    const slot = slotAt(this.#parts.slots.of(point), priority);
    if (slot?.until === undefined || slot.until > tap.now()) return;
    const due = tap.now() + microseconds(Math.min(ceiling, first * 2 ** Math.min(attempt, 20)));
    tap.at(due, keyOf(point, priority), "duration", retry);
  }

  #postpone(byUs: number): void {
    this.#write(this.#parts.slots.postpone(byUs));
  }

  #write(writes: readonly RecordWrite[]): void {
    if (writes.length > 0) this.#parts.record.write(writes, () => {});
  }
}

function document(id: string, body: Expiring | undefined): RecordWrite {
  return { put: "document", row: { kind: "expiry", id, body } };
}

function keyOf(point: PointId, priority: Priority): string {
  return `override/${priority}/${point}`;
}
