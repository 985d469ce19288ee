import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StatementSync } from "node:sqlite";
import { DatabaseSync } from "node:sqlite";
import type { KeyObject } from "node:crypto";
import { keepPrivate } from "#src/kit/private-file.ts";
import type { AuditHead, RecordState } from "./record.ts";
import type { FlatWrite, RecordFileOptions } from "./record-protocol.ts";
import type { TableWrite } from "./record-tables.ts";
import { beforeFirst, entriesPerCheckpoint, entryHash, signCheckpoint } from "./audit-chain.ts";
import { auditKey } from "./audit-key.ts";
import { Backlog } from "./record-backlog.ts";
import { RecordTables } from "./record-tables.ts";
import { Reserve } from "./reserve.ts";
import { recordSchema } from "./record-schema.ts";
import { Pruning } from "./record-pruning.ts";

/** A quiet chain is signed after this long at the latest, with the next entry that comes. */
const signAfterUs = 60_000_000;
/** Commits between two looks at how large the file has become. */
const commitsPerLook = 256;
/** After so many commits a quiet moment is used to bring the log into the file, so that a commit seldom has to. */
const commitsPerTidying = 32;

export type Committed =
  | { readonly durable: true; readonly state: RecordState; readonly reason: string }
  | { readonly durable: false; readonly state: "full"; readonly reason: string };

interface Statements {
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly audit: StatementSync;
  readonly checkpoint: StatementSync;
}

/** control.db, written by one thread alone. Everything handed to one `commit` is durable together or not at all. */
export class RecordFile {
  readonly #db: DatabaseSync;
  readonly #key: KeyObject;
  readonly #put: Statements;
  readonly #backlog: Backlog;
  readonly #reserve: Reserve;
  readonly #pruning: Pruning;
  #head: AuditHead;
  #signed: { seq: number; at: number };
  #commits = 0;
  #sinceTidying = 0;

  constructor(options: RecordFileOptions) {
    mkdirSync(options.folder, { recursive: true });
    const file = join(options.folder, "control.db");
    // Who did what and why is not for everybody on this machine.
    keepPrivate(file);
    this.#db = new DatabaseSync(file);
    this.#db.exec(recordSchema);
    this.#key = auditKey(options.folder);
    this.#reserve = new Reserve(options.folder, options.reserveBytes);
    this.#pruning = new Pruning(this.#db, options.keepBytes);
    if (options.limitBytes !== undefined) this.limit(options.limitBytes);
    this.#put = prepare(this.#db);
    this.#backlog = new Backlog(this.#db, new RecordTables(this.#db));
    this.#head = readHead(this.#db);
    this.#signed = (this.#db.prepare("SELECT seq, at FROM checkpoint ORDER BY seq DESC LIMIT 1").get() as
      { seq: number; at: number } | undefined) ?? {
      seq: 0,
      at: this.#head.at,
    };
    this.settle();
  }

  /** Of every command on record. */
  *ids(): Generator<string> {
    for (const { id } of this.#db.prepare("SELECT id FROM command").iterate() as Iterable<{ id: string }>) yield id;
  }

  get head(): AuditHead {
    return this.#head;
  }

  /** Whether the tables show everything that is durable. */
  get isSettled(): boolean {
    return this.#backlog.isEmpty;
  }

  commit(writes: readonly FlatWrite[]): Committed {
    const result = this.#commitOrGiveUpReserve(writes);
    if (!result.durable) return result;
    this.#sinceTidying++;
    if (++this.#commits % commitsPerLook === 0) {
      this.settle();
      this.#pruning.look();
      this.#reserve.restore();
    }
    return result;
  }

  /** Brings what was noted into the tables; false when there is no room for it, and then it stays noted. */
  settle(): boolean {
    try {
      if (!this.#backlog.isEmpty) this.#inTransaction(() => this.#backlog.settle());
    } catch {
      return false;
    }
    return true;
  }

  /** For a quiet moment: what a commit would otherwise have to do by the way. */
  tidy(): void {
    this.settle();
    if (this.#sinceTidying < commitsPerTidying) return;
    this.#sinceTidying = 0;
    // Readers hold nothing for long; what they keep from being brought over now is brought over later.
    this.#db.exec("PRAGMA wal_checkpoint(PASSIVE)");
  }

  limit(bytes: number): void {
    const { page_size: pageSize } = this.#db.prepare("PRAGMA page_size").get() as { page_size: number };
    this.#db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytes / pageSize))}`);
  }

  /** Signs what there is, so that a clean stop leaves nothing unsigned. */
  close(): void {
    this.settle();
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

  /** When the disk is full, what was kept back for this makes room once. */
  #commitOrGiveUpReserve(writes: readonly FlatWrite[]): Committed {
    try {
      this.#transact(writes);
      return { durable: true, state: this.#reserve.isUsed ? "reserve" : "ok", reason: "" };
    } catch (first) {
      if (!this.#reserve.release()) return { durable: false, state: "full", reason: String(first) };
      try {
        this.#transact(writes);
        return { durable: true, state: "reserve", reason: String(first) };
      } catch (error) {
        return { durable: false, state: "full", reason: String(error) };
      }
    }
  }

  #transact(writes: readonly FlatWrite[]): void {
    const before = { head: this.#head, signed: this.#signed };
    try {
      this.#inTransaction(() => {
        const rows: TableWrite[] = [];
        for (const write of writes) {
          if (write.put === "audit") this.#chain(write);
          else rows.push(write);
        }
        return this.#backlog.take(rows);
      });
    } catch (error) {
      this.#head = before.head;
      this.#signed = before.signed;
      throw error;
    }
  }

  #inTransaction(work: () => () => void): void {
    this.#put.begin.run();
    try {
      const committed = work();
      this.#put.commit.run();
      committed();
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
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

function readHead(db: DatabaseSync): AuditHead {
  const last = db.prepare("SELECT seq, hash, at FROM audit ORDER BY seq DESC LIMIT 1").get() as unknown as AuditHead | undefined;
  // Everything may have been pruned up to the newest checkpoint.
  const signed = db.prepare("SELECT seq, hash, at FROM checkpoint ORDER BY seq DESC LIMIT 1").get() as unknown as AuditHead | undefined;
  if (last && (!signed || last.seq >= signed.seq)) return { seq: last.seq, hash: last.hash, at: last.at };
  return signed ? { seq: signed.seq, hash: signed.hash, at: signed.at } : { seq: 0, hash: beforeFirst, at: 0 };
}

function prepare(db: DatabaseSync): Statements {
  return {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    audit: db.prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)"),
    checkpoint: db.prepare("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?)"),
  };
}
