import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { DeviceAct, Receipt } from "#src/contract/adapter.ts";
import type { DeviceSide } from "#src/contract/control.ts";
import type { Value } from "#msgs/point.ts";
import { isEnd } from "#msgs/command.ts";
import { microseconds } from "#msgs/time.ts";
import { assert } from "#src/kit/errors.ts";
import type { ControlConfig } from "./control-config.ts";
import type { FollowUp } from "./follow-up.ts";
import type { Hand, LastHands } from "./last-hands.ts";
import type { Life, Ledger, StepDetail } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import type { RecordWrite } from "./record.ts";
import type { Refusal } from "./gates.ts";
import type { Slot } from "./slots.ts";
import type { SlotTable } from "./slot-table.ts";
import { actuate, bindingOf } from "./actuate.ts";
import { isSameValue, slotAt } from "./slots.ts";

export interface CourierParts {
  readonly config: ControlConfig;
  readonly devices: DeviceSide;
  readonly timers: Timers;
  readonly time: LiveTime;
  readonly ledger: Ledger;
  readonly slots: SlotTable;
  readonly hands: LastHands;
  readonly followUp: FollowUp;
  readonly planFor: (life: Life) => Plan;
  /** The gates that are asked once more right before something goes out. */
  readonly recheck: (life: Life, plan: Plan) => Refusal | undefined;
  /** False for a release and for the safe state the site names: those go out even when nothing can be recorded. */
  readonly mustBeDurable: (life: Life) => boolean;
}

/** Carries a recorded command to its device. What comes after the device's answer is the follow-up's business. */
export class Courier {
  readonly #parts: CourierParts;

  constructor(parts: CourierParts) {
    this.#parts = parts;
  }

  /** Resolves when the next command of the lane may go; evidence is looked for meanwhile. */
  async carry(life: Life): Promise<void> {
    if (hasEnded(life)) return;
    const { ledger } = this.#parts;
    if (this.#isLate(life)) return ledger.move(life, "expire", lateness);
    const plan = this.#parts.planFor(life);
    const refusal = this.#parts.recheck(life, plan);
    if (refusal) return ledger.move(life, "refuse", refusal);
    if (plan.do === "mask") return this.#mask(life, plan.heldBy);
    const change = plan.do === "call" ? noChange : this.#changeSlot(life);
    const durable = await ledger.moved(life, "send", {}, change.writes);
    if (!durable && this.#parts.mustBeDurable(life)) {
      return ledger.move(life, "fail", { code: "record-full", message: "nothing was sent: the record has no room left" }, change.undo());
    }
    // Making the mark durable takes time as well: a date that passed meanwhile has passed.
    if (this.#isLate(life)) return ledger.move(life, "expire", lateness, change.undo());
    await this.#send(life, plan, change);
  }

  async #send(life: Life, plan: Exclude<Plan, { do: "mask" }>, change: SlotChange): Promise<void> {
    const { ledger, followUp, devices, timers, config } = this.#parts;
    followUp.pause(life);
    const outcome = plan.do === "look" ? undefined : await actuate(devices, actOf(life, plan), timers, config.writeTimeoutMs);
    if (outcome?.is === "failed") {
      ledger.move(life, "fail", { code: outcome.code, message: outcome.message }, change.undo());
      return followUp.resume(life);
    }
    followUp.giveWay(life);
    if (!outcome) return this.#answered(life, plan, undefined);
    if (outcome.is === "doubtful") return followUp.begin(life, plan, { doubt: outcome.message });
    this.#answered(life, plan, outcome.receipt);
  }

  #answered(life: Life, plan: Exclude<Plan, { do: "mask" }>, receipt: Receipt | undefined): void {
    this.#parts.ledger.move(life, "answer");
    this.#parts.followUp.begin(life, plan, receipt ? { receipt } : {});
  }

  #isLate(life: Life): boolean {
    const { time, config } = this.#parts;
    if (life.command.expiresAt !== undefined && life.command.expiresAt <= time.now()) return true;
    const isWaiting = life.state === "recorded" || life.state === "released";
    return isWaiting && time.now() > (life.releasedAt ?? life.askedAt) + microseconds(config.unsentMs);
  }

  #mask(life: Life, heldBy: NonNullable<StepDetail["heldBy"]>): void {
    const message = `priority ${heldBy.priority} holds ${life.target.point!.id} at ${String(heldBy.value)}; this waits beneath it`;
    this.#parts.followUp.supersede(life);
    this.#parts.ledger.move(life, "mask", { heldBy, code: "masked", message }, this.#changeSlot(life).writes);
  }

  /** The slot is filled or emptied with the mark `sending`, and put back when the device says no. */
  #changeSlot(life: Life): SlotChange {
    const { slots, hands } = this.#parts;
    const { point } = life.target;
    if (!point || point.control?.mode !== "slots") return noChange;
    const { priority } = life.command;
    const before = slotAt(slots.of(point.id), priority);
    life.slotBefore = slots.keep(before);
    const takeBack = hands.took(point.id, priority, handOf(life, before));
    const writes = [slots.change(point.id, priority, this.#slotOf(life, before))];
    const undo = () => {
      takeBack();
      return [slots.change(point.id, priority, life.slotBefore!())];
    };
    return { writes, undo };
  }

  #slotOf({ command, by }: Life, before: Slot | undefined): Slot | undefined {
    const { act, ttlMs, reason } = command;
    if (act.do !== "set") return undefined;
    // Reasserting what stands there already changes neither whose it is nor when it ends.
    if (command.asked === "slot.reassert" && before && isSameValue(before.value, act.value)) return before;
    const since = this.#parts.time.now();
    return {
      value: act.value,
      command: command.id,
      by: by.name,
      since,
      ...(ttlMs !== undefined && { until: since + microseconds(ttlMs) }),
      ...(reason !== undefined && { reason }),
    };
  }
}

interface SlotChange {
  readonly writes: readonly RecordWrite[];
  readonly undo: () => readonly RecordWrite[];
}

const lateness: StepDetail = { code: "not-sent-in-time", message: "its time passed before it could be sent" };

const noChange: SlotChange = { writes: [], undo: () => [] };

/** What runs out by its own time is still the doing of whoever set it. */
function handOf({ command: { id, asked }, by }: Life, before: Slot | undefined): Hand {
  if (asked === "override.expire" && before?.command !== undefined) return { command: before.command, by: before.by };
  return { command: id, by: by.name };
}

export function hasEnded(life: Life): boolean {
  return life.state !== "asked" && isEnd(life.state);
}

function actOf(life: Life, plan: Exclude<Plan, { do: "mask" | "look" }>): DeviceAct {
  const { act, ttlMs, priority } = life.command;
  if (act.do === "call") return act;
  const binding = bindingOf(life.target.point!);
  const set = (value: Value, at: number): DeviceAct => ({ do: "set", binding, value, priority: at, ...(ttlMs !== undefined && { ttlMs }) });
  if (plan.do === "write") return set(plan.value, plan.priority);
  assert(plan.do === "device-slot", "a call has no point to be written to");
  return plan.value === null ? { do: "release", binding, priority } : set(plan.value, priority);
}
