import type { Intake } from "#src/contract/bus.ts";
import type { LiveTime } from "#src/contract/clock.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Command, CommandState, CommandStep } from "#msgs/command.ts";
import type { Timestamp } from "#msgs/time.ts";
import { isEnd } from "#msgs/command.ts";
import { step as stepTo } from "#src/kit/table.ts";
import type { ControlRecord, CommandRow, RecordWrite } from "./record.ts";
import type { Refusal, Target } from "./gates.ts";
import type { LifeEvent, LifeState } from "./life-table.ts";
import type { KeptSlot } from "./slot-table.ts";
import { lifeTable } from "./life-table.ts";

/** One command while it lives. */
export interface Life {
  readonly command: Command;
  readonly by: Principal;
  readonly isOurOwn: boolean;
  readonly fingerprint: string;
  readonly target: Target;
  readonly askedAt: Timestamp;
  state: LifeState;
  step: CommandStep | undefined;
  refused: Refusal | undefined;
  /** When a second person let it go; its turn must come within as long as that of a command nobody held. */
  releasedAt?: Timestamp;
  /** The device, or the transport, has said that it took it. */
  isAnswered?: boolean;
  /** What its slot held when it took it; a recipe puts that back. */
  slotBefore?: KeptSlot;
}

export type StepDetail = Partial<Pick<CommandStep, "by" | "code" | "message" | "observed" | "heldBy">>;

export interface LedgerParts {
  readonly record: ControlRecord;
  readonly time: LiveTime;
  readonly into: Intake;
  readonly rememberAtMost: number;
}

/**
 * Every command under way and the newest that ended. Moves a life along its table, writes the step into the record with
 * whatever must be durable together with it, and publishes it as a fact once it is.
 */
export class Ledger {
  readonly #parts: LedgerParts;
  readonly open = new Map<string, Life>();
  readonly #ended = new Map<string, CommandRow>();
  readonly #onEnd = new Map<string, ((step: CommandStep) => void)[]>();

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  move(life: Life, event: LifeEvent, detail: StepDetail = {}, also: readonly RecordWrite[] = [], then?: (durable: boolean) => void): void {
    const before = life.state;
    life.state = stepTo(lifeTable, before, event);
    if (life.state === before) return then?.(true);
    if (event === "answer") life.isAnswered = true;
    if (before === "asked") this.open.set(life.command.id, life);
    const step = { command: life.command, state: life.state as CommandState, by: life.by.name, ...detail };
    life.step = step;
    if (event === "refuse" && before === "asked") life.refused = { code: step.code ?? "rejected", message: step.message ?? "" };
    const row = this.#row(life, step);
    this.#parts.record.write([{ put: "command", row }, auditOf(row), ...also], (durable) => {
      if (isEnd(step.state)) this.#remember(row);
      this.#parts.into.publish({ kind: "command", step });
      then?.(durable);
      if (isEnd(step.state)) this.#tellEnd(step);
    });
  }

  /** The same, to wait for. */
  moved(life: Life, event: LifeEvent, detail: StepDetail = {}, also: readonly RecordWrite[] = []): Promise<boolean> {
    return new Promise((resolve) => this.move(life, event, detail, also, resolve));
  }

  /** A step the record has and the journal missed. */
  retell(row: CommandRow): void {
    this.#parts.into.publish({ kind: "command", step: row.step });
  }

  find(id: string): CommandRow | undefined {
    const life = this.open.get(id);
    if (life?.step) return this.#row(life, life.step);
    return this.#ended.get(id) ?? this.#parts.record.lookup(id);
  }

  /** Calls back once, with the last step; at once when the command has ended. */
  onEnd(id: string, see: (step: CommandStep) => void): void {
    const row = this.open.has(id) ? undefined : this.find(id);
    if (row && isEnd(row.state)) return see(row.step);
    const waiting = this.#onEnd.get(id);
    if (waiting) waiting.push(see);
    else this.#onEnd.set(id, [see]);
  }

  #row(life: Life, step: CommandStep): CommandRow {
    return {
      id: life.command.id,
      fingerprint: life.fingerprint,
      asker: life.by,
      target: life.target.point?.id ?? life.target.device,
      state: step.state,
      askedAt: life.askedAt,
      changedAt: this.#parts.time.now(),
      step,
      ...(life.refused && { refused: life.refused }),
    };
  }

  #remember(row: CommandRow): void {
    this.open.delete(row.id);
    this.#ended.set(row.id, row);
    if (this.#ended.size > this.#parts.rememberAtMost) this.#ended.delete(this.#ended.keys().next().value!);
  }

  #tellEnd(step: CommandStep): void {
    const waiting = this.#onEnd.get(step.command.id);
    if (!waiting) return;
    this.#onEnd.delete(step.command.id);
    for (const see of waiting) see(step);
  }
}

function auditOf(row: CommandRow): RecordWrite {
  return { put: "audit", entry: { at: row.changedAt, kind: "command", by: row.step.by, body: row.step } };
}
