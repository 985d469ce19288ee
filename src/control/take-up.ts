import type { ControlConfig } from "./control-config.ts";
import type { ControlTap } from "./control-tap.ts";
import type { FollowUp } from "./follow-up.ts";
import type { Ledger, Life, StepDetail } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import type { CommandRow, RecordedState } from "./record.ts";
import type { SlotTable } from "./slot-table.ts";
import type { Views } from "./views.ts";
import { effective } from "./slots.ts";

export interface TakeUpParts {
  readonly config: ControlConfig;
  readonly tap: ControlTap;
  readonly ledger: Ledger;
  readonly followUp: FollowUp;
  readonly views: Views;
  readonly slots: SlotTable;
  readonly keepsSlots: (point: string) => boolean;
}

const ourOwn: ReadonlySet<string> = new Set(["override.expire", "slot.reassert", "recipe.compensate"]);

/**
 * After a start: whatever had no `sending` was never sent and is cancelled; whatever had is looked for at the plant, and
 * nothing is sent. Ends that were durable here and never reached the journal are published now.
 */
export function takeUp(state: RecordedState, parts: TakeUpParts): void {
  for (const row of state.ended) if (isUntold(row, parts.tap)) parts.ledger.retell(row);
  for (const row of state.open) takeUpOne(row, state.open, parts);
}

function isUntold(row: CommandRow, tap: ControlTap): boolean {
  return tap.toldFrom !== undefined && row.changedAt >= tap.toldFrom && tap.told.get(row.id) !== row.state;
}

function takeUpOne(row: CommandRow, open: readonly CommandRow[], parts: TakeUpParts): void {
  const { ledger, followUp, config } = parts;
  const life = lifeOf(row, parts.views);
  ledger.open.set(row.id, life);
  if (row.state !== "sending" && row.state !== "sent") {
    return ledger.move(life, "crash", { code: "not-sent", message: "the gateway stopped before it was sent" });
  }
  const withinMs = Math.max(config.readBackMs, life.target.point?.control?.evidence.withinMs ?? 0);
  const lost = takenBy(row, open, life);
  if (lost) return ledger.move(life, "supersede", lost);
  const plan = readBackPlan(life, parts);
  const doubt = "the gateway stopped while it was under way";
  if (plan.do === "mask") ledger.move(life, "mask", { heldBy: plan.heldBy, code: "masked", message: doubt });
  else followUp.begin(life, plan, { withinMs, doubt });
}

function lifeOf(row: CommandRow, views: Views): Life {
  const { command } = row.step;
  return {
    command,
    by: row.asker,
    isOurOwn: ourOwn.has(command.asked),
    fingerprint: row.fingerprint,
    target: views.targetOf(command).target,
    askedAt: row.askedAt,
    state: row.state,
    step: row.step,
    refused: row.refused,
    isAnswered: row.state === "sent",
  };
}

/**
 * Another command went out on the same slot, or the same momentary point, after this one, and the gateway stopped before it could
 * say that this one's turn was over. The slot was changed together with that mark `sending`, so it is no longer as this one left it.
 */
function takenBy(row: CommandRow, open: readonly CommandRow[], { command, target }: Life): StepDetail | undefined {
  if (!target.point?.control) return undefined;
  const isMomentary = target.point.control.mode === "momentary";
  const newer = open.find((other) => {
    const isSame = other.id !== row.id && other.target === row.target && (isMomentary || other.step.command.priority === command.priority);
    // One at a time: whoever was answered already went before whoever is still on its way.
    return (
      isSame &&
      other.state === "sending" &&
      (other.changedAt > row.changedAt || (other.changedAt === row.changedAt && row.state === "sent"))
    );
  });
  return newer && { code: "superseded", message: `command ${newer.id} by ${newer.asker.name} took its place before the plant showed it` };
}

/** The slot stands as this command left it, so the slots say what the plant should show. */
function readBackPlan({ command, target }: Life, { slots, keepsSlots }: TakeUpParts): Plan {
  const { act, priority } = command;
  const { point } = target;
  if (act.do === "call" || !point?.control) return { do: "call" };
  const value = act.do === "set" ? act.value : null;
  if (point.control.mode === "momentary") return { do: "look", target: value ?? undefined };
  if (keepsSlots(point.id)) return { do: "device-slot", value };
  const holds = effective(slots.of(point.id), point.control.default);
  if (value === null) return { do: "look", target: holds === "leave" ? undefined : holds.value };
  const isMasked = holds !== "leave" && holds.priority !== undefined && holds.priority < priority;
  // Whatever the slots say, a set is confirmed by its own value alone.
  return isMasked ? { do: "mask", heldBy: { priority: holds.priority, value: holds.value } } : { do: "look", target: value };
}
