import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { RecordTables, TableWrite } from "./record-tables.ts";

/** Writes that may wait for their tables; a group that brings more goes there at once, with all that waited. */
const waitingAtMost = 64;

/**
 * A command's row touches seven pages: the table, its key and four indices. A lone commit therefore only notes what is to be
 * written, on one page of the table `pending`, and the tables follow when nobody waits. Durable is durable: a start after a
 * crash brings what is noted into the tables before anything is read.
 */
export class Backlog {
  readonly #tables: RecordTables;
  readonly #note: StatementSync;
  readonly #clear: StatementSync;
  #waiting: readonly TableWrite[];

  constructor(db: DatabaseSync, tables: RecordTables) {
    this.#tables = tables;
    this.#note = db.prepare("INSERT INTO pending (body) VALUES (?)");
    this.#clear = db.prepare("DELETE FROM pending");
    const noted = db.prepare("SELECT body FROM pending ORDER BY seq").all() as { body: string }[];
    this.#waiting = noted.flatMap(({ body }) => JSON.parse(body) as TableWrite[]);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Inside a transaction; what comes back is called once that has been committed. */
  take(writes: readonly TableWrite[]): () => void {
    if (writes.length === 0) return () => {};
    const all = [...this.#waiting, ...writes];
    if (all.length > waitingAtMost) return this.#apply(all);
    this.#note.run(JSON.stringify(writes));
    return () => (this.#waiting = all);
  }

  /** Likewise: everything that waits goes into the tables. */
  settle(): () => void {
    return this.isEmpty ? () => {} : this.#apply(this.#waiting);
  }

  #apply(writes: readonly TableWrite[]): () => void {
    this.#tables.apply(writes);
    if (!this.isEmpty) this.#clear.run();
    return () => (this.#waiting = []);
  }
}
