import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StatementSync } from "node:sqlite";
import { DatabaseSync } from "node:sqlite";
import type { KeyObject } from "node:crypto";
import { keepPrivate } from "#src/kit/private-file.ts";
import type { AuditHead, RecordState } from "./record.ts";
import type { FlatWrite, RecordFileOptions } from "./record-protocol.ts";
import { beforeFirst, entriesPerCheckpoint, entryHash, signCheckpoint } from "./audit-chain.ts";
import { auditKey } from "./audit-key.ts";
import { keepRoomForLog } from "./log-room.ts";
import { Reserve } from "./reserve.ts";
import { recordSchema } from "./record-schema.ts";
import { Pruning } from "./record-pruning.ts";

/** A quiet chain is signed after this long at the latest, with the next entry that comes. */
const signAfterUs = 60_000_000;
/** Commits between two looks at how large the file has become. */
const commitsPerLook = 256;

export type Committed =
  | { readonly durable: true; readonly state: RecordState; readonly reason: string }
  | { readonly durable: false; readonly state: "full"; readonly reason: string };

interface Statements {
  readonly command: StatementSync;
  readonly slot: StatementSync;
  readonly noSlot: StatementSync;
  readonly document: StatementSync;
  readonly noDocument: StatementSync;
  readonly audit: StatementSync;
  readonly checkpoint: StatementSync;
}

/** control.db, written by one thread alone. Everything handed to one `commit` is durable together or not at all. */
export class RecordFile {
  readonly #db: DatabaseSync;
  readonly #key: KeyObject;
  readonly #put: Statements;
  readonly #reserve: Reserve;
  readonly #pruning: Pruning;
  #head: AuditHead;
  #signed: { seq: number; at: number };
  #commits = 0;

  constructor(options: RecordFileOptions) {
    mkdirSync(options.folder, { recursive: true });
    const file = join(options.folder, "control.db");
    // Who did what and why is not for everybody on this machine.
    keepPrivate(file);
    this.#db = new DatabaseSync(file);
    this.#db.exec(recordSchema);
    keepRoomForLog(file);
    this.#key = auditKey(options.folder);
    this.#reserve = new Reserve(options.folder, options.reserveBytes);
    this.#pruning = new Pruning(this.#db, options.keepBytes);
    if (options.limitBytes !== undefined) this.limit(options.limitBytes);
    this.#put = prepare(this.#db);
    this.#head = readHead(this.#db);
    this.#signed = (this.#db.prepare("SELECT seq, at FROM checkpoint ORDER BY seq DESC LIMIT 1").get() as
      { seq: number; at: number } | undefined) ?? {
      seq: 0,
      at: this.#head.at,
    };
  }

  get head(): AuditHead {
    return this.#head;
  }

  commit(writes: readonly FlatWrite[]): Committed {
    try {
      this.#transact(writes);
    } catch (error) {
      return this.#withReserve(writes, error);
    }
    if (++this.#commits % commitsPerLook === 0) {
      this.#pruning.look();
      this.#reserve.restore();
    }
    return { durable: true, state: this.#reserve.isUsed ? "reserve" : "ok", reason: "" };
  }

  limit(bytes: number): void {
    const { page_size: pageSize } = this.#db.prepare("PRAGMA page_size").get() as { page_size: number };
    this.#db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytes / pageSize))}`);
  }

  /** Signs what there is, so that a clean stop leaves nothing unsigned. */
  close(): void {
    if (this.#head.seq > this.#signed.seq) {
      try {
        this.#sign(this.#head);
      } catch {
        // With the disk full the last entries stay unsigned; they are still chained.
      }
    }
    try {
      // Readers are still open and can only read, so nobody after this would bring the log into the file that people copy.
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // With the disk full it stays beside the file, and the next start reads it from there.
    }
    this.#db.close();
  }

  /** The disk is full: what was kept back for this makes room once. */
  #withReserve(writes: readonly FlatWrite[], first: unknown): Committed {
    if (this.#reserve.release()) {
      try {
        this.#transact(writes);
        return { durable: true, state: "reserve", reason: String(first) };
      } catch (error) {
        return { durable: false, state: "full", reason: String(error) };
      }
    }
    return { durable: false, state: "full", reason: String(first) };
  }

  #transact(writes: readonly FlatWrite[]): void {
    const before = { head: this.#head, signed: this.#signed };
    const newest = newestRows(writes);
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      writes.forEach((write, index) => this.#apply(write, newest.get(index) ?? true));
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#head = before.head;
      this.#signed = before.signed;
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  #apply(write: FlatWrite, isNewest: boolean): void {
    const put = this.#put;
    if (write.put === "audit") this.#chain(write);
    else if (write.put === "command") {
      if (isNewest) put.command.run(...write.row);
    } else if (write.put === "slot") {
      if (write.body === null) put.noSlot.run(write.point, write.priority);
      else put.slot.run(write.point, write.priority, write.body);
    } else if (write.body === null) put.noDocument.run(write.kind, write.id);
    else put.document.run(write.kind, write.id, write.body);
  }

  #chain({ at, kind, by, body }: FlatWrite & { put: "audit" }): void {
    const seq = this.#head.seq + 1;
    const hash = entryHash(this.#head.hash, seq, at, kind, by, body);
    this.#put.audit.run(seq, at, kind, by, body, hash);
    this.#head = { seq, hash, at };
    if (seq - this.#signed.seq >= entriesPerCheckpoint || at - this.#signed.at >= signAfterUs) this.#sign(this.#head);
  }

  #sign({ seq, hash, at }: AuditHead): void {
    const { key, signature } = signCheckpoint(seq, hash, at, this.#key);
    this.#put.checkpoint.run(seq, hash, at, key, signature);
    this.#signed = { seq, at };
  }
}

/** Of several rows of one command in a batch only the last is written; for the others this says false. */
function newestRows(writes: readonly FlatWrite[]): ReadonlyMap<number, boolean> {
  const last = new Map<string, number>();
  const verdicts = new Map<number, boolean>();
  writes.forEach((write, index) => {
    if (write.put !== "command") return;
    const older = last.get(write.row[0]);
    if (older !== undefined) verdicts.set(older, false);
    last.set(write.row[0], index);
  });
  return verdicts;
}

function readHead(db: DatabaseSync): AuditHead {
  const last = db.prepare("SELECT seq, hash, at FROM audit ORDER BY seq DESC LIMIT 1").get() as unknown as AuditHead | undefined;
  // Everything may have been pruned up to the newest checkpoint.
  const signed = db.prepare("SELECT seq, hash, at FROM checkpoint ORDER BY seq DESC LIMIT 1").get() as unknown as AuditHead | undefined;
  if (last && (!signed || last.seq >= signed.seq)) return { seq: last.seq, hash: last.hash, at: last.at };
  return signed ? { seq: signed.seq, hash: signed.hash, at: signed.at } : { seq: 0, hash: beforeFirst, at: 0 };
}

function prepare(db: DatabaseSync): Statements {
  return {
    command: db.prepare(
      `INSERT INTO command VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at, step = excluded.step`,
    ),
    slot: db.prepare("INSERT OR REPLACE INTO slot VALUES (?, ?, ?)"),
    noSlot: db.prepare("DELETE FROM slot WHERE point = ? AND priority = ?"),
    document: db.prepare("INSERT OR REPLACE INTO document VALUES (?, ?, ?)"),
    noDocument: db.prepare("DELETE FROM document WHERE kind = ? AND id = ?"),
    audit: db.prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)"),
    checkpoint: db.prepare("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?)"),
  };
}
