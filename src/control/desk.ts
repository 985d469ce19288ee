import type { Timestamp } from "#msgs/time.ts";
import type { LiveTime } from "#src/contract/clock.ts";
import type { Desk, Principal, Verdict } from "#src/contract/control.ts";
import type { Command, CommandStep } from "#msgs/command.ts";
import { microseconds } from "#msgs/time.ts";
import type { ControlConfig } from "./control-config.ts";
import type { ControlTap } from "./control-tap.ts";
import type { Courier } from "./courier.ts";
import type { Lanes } from "./lanes.ts";
import type { Ledger, Life } from "./ledger.ts";
import type { ControlRecord } from "./record.ts";
import type { Refusal, Target } from "./gates.ts";
import type { SelectedAct } from "./selects.ts";
import type { TurnedAway } from "./turned-away.ts";
import type { Views } from "./views.ts";
import { hasEnded } from "./courier.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { allowances, firstRefusal, gates, gatesOfLaterStages, gatesOfSelection, refuseRights } from "./gates.ts";

export interface DeskParts {
  readonly config: ControlConfig;
  readonly time: LiveTime;
  readonly tap: ControlTap;
  readonly record: ControlRecord;
  readonly ledger: Ledger;
  readonly views: Views;
  readonly lanes: Lanes;
  readonly courier: Courier;
  readonly turnedAway: TurnedAway;
  readonly mustBeDurable: (life: Life) => boolean;
  /** A command passed the gates: a selection made for it is used up. */
  readonly onAccepted: (command: Command, target: Target, by: Principal) => void;
}

/** The one door. Answers at once, from the gates; everything after that comes as steps. */
export class OneDesk implements Desk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  submit(command: Command, by: Principal): Verdict {
    return this.#submit(command, by, false);
  }

  /** Our own expiry, reassertion or compensation: no lease, role or second person stands in its way; limits and interlocks do. */
  submitOwn(command: Command, by: Principal): Verdict {
    return this.#submit(command, by, true);
  }

  /** The gates' answer without anything happening: for a recipe before its first write, and for a selection. */
  wouldRefuse(command: Command, by: Principal, isLater = false): Refusal | undefined {
    const { views } = this.#parts;
    const { target, refusal } = views.targetOf(command);
    return refusal ?? firstRefusal(isLater ? gatesOfLaterStages : gates, views.gateView(command, target, by, false));
  }

  /** What is checked before a point is reserved: whether this client could command it, and now, where the act is said already. */
  refuseSelect(point: string, by: Principal, selected?: SelectedAct): Refusal | undefined {
    const { views, config } = this.#parts;
    const act = selected ? { ...selected, point } : ({ do: "release", point } as const);
    const command = { id: "", act, priority: 8, asked: "command.select" };
    const { target, refusal } = views.targetOf(command);
    if (refusal) return refusal;
    if (!target.point?.control) return { code: "read-only", message: `${point} cannot be commanded` };
    if (selected) return firstRefusal(gatesOfSelection, views.gateView(command, target, by, false));
    return refuseRights(by, target, config.parentOf) ?? views.refuseLease(target, by);
  }

  cancel(commandId: string, by: Principal): Verdict {
    const life = this.#parts.ledger.open.get(commandId);
    if (!life) return this.#notOpen(commandId);
    const refusal = life.by.name === by.name ? undefined : refuseRights(by, life.target, this.#parts.config.parentOf);
    if (refusal) return { status: "rejected", commandId, ...refusal };
    if (life.state === "sending" || life.state === "sent" || hasEnded(life)) {
      return { status: "rejected", commandId, code: "too-late", message: `it is ${life.state} already` };
    }
    this.#parts.tap.forget(waitKey(commandId));
    this.#parts.ledger.move(life, "cancel", { by: by.name, code: "taken-back", message: `taken back by ${by.name} before it was sent` });
    return { status: "success", commandId };
  }

  /** A second person lets a held command go. Everything is judged again: time has passed. */
  release(commandId: string, by: Principal): Verdict {
    const { ledger, views, config, tap, time } = this.#parts;
    const life = ledger.open.get(commandId);
    if (!life) return this.#notOpen(commandId);
    const refusal = this.#refuseSecondPerson(life, by) ?? refuseRights(by, life.target, config.parentOf);
    if (refusal) return { status: "rejected", commandId, ...refusal };
    tap.forget(waitKey(commandId));
    const closed = firstRefusal(gates, views.gateView(life.command, life.target, life.by, false));
    if (closed) {
      ledger.move(life, "refuse", closed);
      return { status: "rejected", commandId, ...closed };
    }
    life.releasedAt = time.now();
    ledger.move(life, "release", { by: by.name }, [], () => this.#enqueue(life));
    return { status: "success", commandId };
  }

  find(commandId: string): CommandStep | undefined {
    return this.#parts.ledger.find(commandId)?.step;
  }

  /** When a command was asked for, also by an earlier run. */
  askedAt(commandId: string): Timestamp | undefined {
    return this.#parts.ledger.find(commandId)?.askedAt;
  }

  held(): readonly CommandStep[] {
    return [...this.#parts.ledger.open.values()].flatMap(({ state, step }) => (state === "held" && step ? [step] : []));
  }

  #submit(asked: Command, by: Principal, isOurOwn: boolean): Verdict {
    const { ledger, views, config, record, time, lanes } = this.#parts;
    const commandId = asked.id;
    const fingerprint = fingerprintOf(asked, by.name);
    const known = ledger.find(commandId);
    if (known) return known.fingerprint === fingerprint ? verdictOf(commandId, known.refused) : this.#reused(asked, by);
    const { target, refusal: unknown } = views.targetOf(asked);
    const command = this.#completed(asked, target, isOurOwn);
    if (ledger.open.size >= config.openAtMost || record.waiting >= config.openAtMost || lanes.isFull(laneOf(command, target))) {
      this.#parts.turnedAway.note(asked, by);
      return { status: "rejected", commandId, code: "overloaded", message: "too many commands are under way; nothing was done" };
    }
    const life: Life = {
      command,
      by,
      isOurOwn,
      fingerprint,
      target,
      askedAt: time.now(),
      state: "asked",
      step: undefined,
      refused: undefined,
    };
    const view = views.gateView(command, target, by, isOurOwn);
    const refusal = unknown ?? firstRefusal(gates, view);
    if (refusal) {
      ledger.move(life, "refuse", refusal);
      return { status: "rejected", commandId, ...refusal };
    }
    const allowed = allowances(view);
    const note = allowed.length > 0 ? { code: "allowed-on-bad-input", message: `passed although ${allowed.join("; ")}` } : {};
    this.#parts.onAccepted(command, target, by);
    ledger.move(life, "record", note, [], (durable) => this.#recorded(life, durable));
    // Where nobody is asked in between, the mark `sending` goes to the disk together with this one: one sync instead of two.
    if (!needsSecondPerson(life)) this.#enqueue(life);
    return { status: "success", commandId };
  }

  #recorded(life: Life, durable: boolean): void {
    const { ledger, tap, time, config } = this.#parts;
    // It may be on its way already, or over.
    if (life.state !== "recorded") return;
    if (!durable && this.#parts.mustBeDurable(life)) {
      return ledger.move(life, "cancel", { code: "record-full", message: "not sent: the record has no room left" });
    }
    const { id, expiresAt } = life.command;
    const isHeld = needsSecondPerson(life);
    const holdEnds = time.now() + microseconds(config.heldMs);
    if (expiresAt !== undefined && (!isHeld || expiresAt < holdEnds)) tap.at(expiresAt, waitKey(id), "instant", () => this.#expire(life));
    else if (isHeld) tap.at(holdEnds, waitKey(id), "duration", () => this.#expire(life));
    if (isHeld) ledger.move(life, "hold", { message: "critical: waits for a second person" });
  }

  #enqueue(life: Life): void {
    const { lanes, courier, tap } = this.#parts;
    const carry = async () => {
      tap.forget(waitKey(life.command.id));
      await courier.carry(life);
    };
    if (life.target.point) lanes.run(laneOf(life.command, life.target), carry);
    // A call may take minutes and the next one may be the one that stops it.
    else void carry();
  }

  #expire(life: Life): void {
    if (hasEnded(life) || life.state === "sending" || life.state === "sent") return;
    const message = life.state === "held" ? "no second person came in time" : "its time passed before it was sent";
    this.#parts.ledger.move(life, "expire", { code: "expired", message });
  }

  /** What the rules fill in; the fingerprint is of what was asked. */
  #completed(command: Command, { point }: Target, isOurOwn: boolean): Command {
    const { act, priority, ttlMs, reason } = command;
    if (isOurOwn || act.do !== "set" || point?.control?.mode !== "slots") return command;
    if (priority > 8 || ttlMs !== undefined || reason !== undefined) return command;
    return { ...command, ttlMs: point.control.overrideTtlMs ?? this.#parts.config.overrideTtlMs };
  }

  #refuseSecondPerson(life: Life, by: Principal): Refusal | undefined {
    if (life.state !== "held") return { code: "not-held", message: `it is ${life.state}, not held` };
    if (by.name !== life.by.name) return undefined;
    return { code: "second-person", message: "somebody else must release it" };
  }

  #reused({ id, asked }: Command, by: Principal): Verdict {
    const message = `command id ${id} was used for something else`;
    const entry = { at: this.#parts.time.now(), kind: "refused", by: by.name, body: { id, asked, code: "id-reused" } };
    this.#parts.record.write([{ put: "audit", entry }], () => {});
    return { status: "rejected", commandId: id, code: "id-reused", message };
  }

  #notOpen(commandId: string): Verdict {
    const row = this.#parts.ledger.find(commandId);
    if (row) return { status: "rejected", commandId, code: "too-late", message: `it has ended: ${row.state}` };
    return { status: "rejected", commandId, code: "unknown-command", message: `there is no command ${commandId}` };
  }
}

function needsSecondPerson(life: Life): boolean {
  return !life.isOurOwn && life.target.point?.control?.significance === "critical";
}

function verdictOf(commandId: string, refused: Refusal | undefined): Verdict {
  return refused ? { status: "rejected", commandId, ...refused } : { status: "success", commandId };
}

function laneOf({ act }: Command, target: Target): string {
  return act.do === "call" ? `call/${target.device}` : `point/${act.point}`;
}

function waitKey(id: string): string {
  return `wait/${id}`;
}
