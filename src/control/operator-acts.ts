import type { Intake } from "#src/contract/bus.ts";
import type { LiveTime } from "#src/contract/clock.ts";
import type { ControlRecord, RecordWrite } from "./record.ts";

/** What people do that is not a command: recorded in the audit chain, and published as a fact once that is durable. */
export class OperatorActs {
  readonly #record: ControlRecord;
  readonly #time: LiveTime;
  readonly #into: Intake;

  constructor(parts: { record: ControlRecord; time: LiveTime; into: Intake }) {
    this.#record = parts.record;
    this.#time = parts.time;
    this.#into = parts.into;
  }

  /** Published even when nothing can be recorded: everybody else must still see it. */
  say(act: string, by: string, data: Readonly<Record<string, unknown>>, also: readonly RecordWrite[] = []): Promise<boolean> {
    return new Promise((resolve) => {
      const entry = { at: this.#time.now(), kind: act, by, body: data };
      this.#record.write([{ put: "audit", entry }, ...also], (durable) => {
        this.#into.publish({ kind: "operator", act, by, data });
        resolve(durable);
      });
    });
  }

  /** An act the record has and the journal missed. */
  retell(act: string, by: string, data: Readonly<Record<string, unknown>>): void {
    this.#into.publish({ kind: "operator", act, by, data });
  }
}
