import type { DatabaseSync } from "node:sqlite";
import { openStates } from "./record-schema.ts";

/** Of the chain, dropped in one go; small enough that a commit waits some milliseconds and not seconds. */
const entriesAtOnce = 20_000;

/** Keeps control.db below its size by dropping the oldest signed stretch of the audit chain, and the commands that ended in it. */
export class Pruning {
  readonly #db: DatabaseSync;
  readonly #keepBytes: number;

  constructor(db: DatabaseSync, keepBytes: number) {
    this.#db = db;
    this.#keepBytes = keepBytes;
  }

  look(): void {
    if (this.#usedBytes() > this.#keepBytes) this.#prune();
  }

  #usedBytes(): number {
    const number = (pragma: string) => Object.values(this.#db.prepare(`PRAGMA ${pragma}`).get() as Record<string, number>)[0]!;
    return (number("page_count") - number("freelist_count")) * number("page_size");
  }

  /** What is left starts right after a checkpoint, which stays: a verifier begins there. */
  #prune(): void {
    const first = this.#db.prepare("SELECT min(seq) AS seq FROM audit").get() as { seq: number | null };
    if (first.seq === null) return;
    const upTo = this.#db
      .prepare("SELECT max(seq) AS seq, max(at) AS at FROM checkpoint WHERE seq <= ?")
      .get(first.seq + entriesAtOnce) as {
      seq: number | null;
      at: number;
    };
    if (upTo.seq === null || upTo.seq < first.seq) return;
    this.#db.exec("BEGIN IMMEDIATE");
    this.#db.prepare("DELETE FROM audit WHERE seq <= ?").run(upTo.seq);
    this.#db.prepare("DELETE FROM checkpoint WHERE seq < ?").run(upTo.seq);
    this.#db
      .prepare(`DELETE FROM command WHERE changed_at <= ? AND state NOT IN (${openStates.map(() => "?").join(", ")})`)
      .run(upTo.at, ...openStates);
    this.#db.exec("COMMIT");
  }
}
