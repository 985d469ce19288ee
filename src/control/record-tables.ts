import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FlatWrite } from "./record-protocol.ts";

/** What can be looked up by key; the audit chain is kept beside it. */
export type TableWrite = Exclude<FlatWrite, { put: "audit" }>;

/** The tables of commands, slots and documents: the newest row of each, as the writes so far have left it. */
export class RecordTables {
  readonly #command: StatementSync;
  readonly #slot: StatementSync;
  readonly #noSlot: StatementSync;
  readonly #document: StatementSync;
  readonly #noDocument: StatementSync;

  constructor(db: DatabaseSync) {
    this.#command = db.prepare(
      `INSERT INTO command VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at, step = excluded.step`,
    );
    this.#slot = db.prepare("INSERT OR REPLACE INTO slot VALUES (?, ?, ?)");
    this.#noSlot = db.prepare("DELETE FROM slot WHERE point = ? AND priority = ?");
    this.#document = db.prepare("INSERT OR REPLACE INTO document VALUES (?, ?, ?)");
    this.#noDocument = db.prepare("DELETE FROM document WHERE kind = ? AND id = ?");
  }

  /** Inside a transaction of the caller. Of several rows of one command only the last is written. */
  apply(writes: readonly TableWrite[]): void {
    const newest = new Map<string, TableWrite>();
    for (const write of writes) if (write.put === "command") newest.set(write.row[0], write);
    for (const write of writes) if (write.put !== "command" || newest.get(write.row[0]) === write) this.#put(write);
  }

  #put(write: TableWrite): void {
    if (write.put === "command") this.#command.run(...write.row);
    else if (write.put === "slot") {
      if (write.body === null) this.#noSlot.run(write.point, write.priority);
      else this.#slot.run(write.point, write.priority, write.body);
    } else if (write.body === null) this.#noDocument.run(write.kind, write.id);
    else this.#document.run(write.kind, write.id, write.body);
  }
}
