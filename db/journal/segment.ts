import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import type { EntryKind, StoredEntry } from "../codec/entry.ts";
import type { SealedEntry } from "../codec/parcel.ts";
import { entryKind } from "../codec/entry.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { keepPrivate } from "#src/kit/private-file.ts";
import { fileError } from "./file-error.ts";

/** A place in the journal: the number of the entry, and its stamp. */
export interface Place {
  readonly position: number;
  readonly at: number;
  readonly seq: number;
}

export interface PlacedEntry extends SealedEntry, Place {
  /** Of a checkpoint: which version can use it. */
  readonly version?: string | null;
}

/** Kinds of entries that are looked for by themselves; they have an index of their own. */
export type Landmark = typeof entryKind.checkpoint | typeof entryKind.config;

/** One file of the journal. Positions in it follow each other without holes. */
export interface Segment {
  readonly path: string;
  readonly uuid: string;
  readonly firstPosition: number;
  /** Undefined while it is empty. */
  first(): Place | undefined;
  last(): Place | undefined;
  /** Position of the newest checkpoint (written by `version` when one is named) or config fact before `before`. */
  landmark(kind: Landmark, before: number, version?: string): number | undefined;
  /** The first position at or after `at`, or one past the end. */
  positionAt(at: number): number;
  /** Entries from a position on, until about `bytes` of bodies or so many samples are collected. */
  read(from: number, bytes: number, samples?: number): readonly PlacedEntry[];
  samplesBetween(from: number, to: number): number;
  close(): void;
}

export interface WritableSegment extends Segment {
  /** Durable when it returns; all or nothing. */
  append(firstPosition: number, entries: readonly StoredEntry[], versions: ReadonlyMap<StoredEntry, string>): void;
  /** Moves everything out of the write-ahead file, so that the segment is one file from here on. */
  seal(): void;
}

const schema = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE entry (
    position INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL,
    samples INTEGER NOT NULL, crc INTEGER NOT NULL, version TEXT, body BLOB NOT NULL
  );
  CREATE INDEX landmark ON entry (kind, position) WHERE kind >= ${entryKind.checkpoint};
`;

/** Goes up when a segment is laid out in a way that older versions cannot read. */
const format = 1;
const columns = "position, kind, at, seq, samples, crc, version, body";

/** Takes its name only when it is a segment, so that a kill in the middle leaves nothing that looks like a damaged one. */
export function createSegment(path: string, uuid: string, firstPosition: number): WritableSegment {
  const making = `${path}.new`;
  for (const left of [making, `${making}-wal`, `${making}-shm`]) rmSync(left, { force: true });
  keepPrivate(making);
  const db = new DatabaseSync(making);
  try {
    db.exec("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN");
    db.exec(schema);
    const put = db.prepare("INSERT INTO meta VALUES (?, ?)");
    put.run("format", format);
    put.run("uuid", uuid);
    put.run("firstPosition", firstPosition);
    db.exec("COMMIT");
  } finally {
    db.close();
  }
  renameSync(making, path);
  syncFolder(dirname(path));
  return continueSegment(path);
}

/** Opens the newest segment to go on writing. Throws a GatewayError: "damaged" when what is in it cannot be read. */
export function continueSegment(path: string): WritableSegment {
  return reading(path, () => {
    keepPrivate(path);
    const db = new DatabaseSync(path, { timeout: 5_000 });
    try {
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000;");
      const found = db.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
      if (found.quick_check !== "ok") throw new Error(found.quick_check);
      return writable(path, db);
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

export function openSegment(path: string): Segment {
  return reading(path, () => {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    try {
      return readable(path, db);
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function readable(path: string, db: DatabaseSync): Segment {
  const meta = db.prepare("SELECT value FROM meta WHERE name = ?");
  const valueOf = (name: string) => (meta.get(name) as { value: string | number } | undefined)?.value;
  const found = valueOf("format");
  if (typeof found === "number" && found > format) {
    throw new GatewayError("not-supported", `journal segment ${path} was written by a newer version of Plainview; run that version`);
  }
  if (found !== format) throw new Error(`format ${found} is none`);
  const uuid = String(valueOf("uuid"));
  const firstPosition = Number(valueOf("firstPosition"));
  const place = db.prepare("SELECT position, at, seq FROM entry WHERE position = ?");
  const newest = db.prepare("SELECT position, at, seq FROM entry ORDER BY position DESC LIMIT 1");
  const page = db.prepare(`SELECT ${columns} FROM entry WHERE position >= ? ORDER BY position`);
  const guard = <T>(work: () => T) => reading(path, work);
  const placeOf = (position: number) => place.get(position) as Place | undefined;
  const segment: Segment = {
    path,
    uuid,
    firstPosition,
    first: () => guard(() => placeOf(firstPosition)),
    last: () => guard(() => newest.get() as Place | undefined),
    landmark: (kind, before, version) => guard(() => newestLandmark(db, kind, before, version)),
    positionAt(at) {
      return guard(() => {
        const last = newest.get() as Place | undefined;
        return last === undefined ? firstPosition : firstWhere(firstPosition, last.position + 1, (p) => (placeOf(p)?.at ?? 0) >= at);
      });
    },
    read: (from, bytes, samples) => guard(() => readPage(page, from, bytes, samples)),
    samplesBetween(from, to) {
      return guard(() => {
        const row = db.prepare("SELECT coalesce(sum(samples), 0) AS n FROM entry WHERE position BETWEEN ? AND ?").get(from, to);
        return Number((row as { n: number }).n);
      });
    },
    close: () => db.close(),
  };
  return segment;
}

function newestLandmark(db: DatabaseSync, kind: Landmark, before: number, version: string | undefined): number | undefined {
  const named = version === undefined ? "" : "AND version = ?";
  // The kind stands in the text, not as a parameter, because a partial index is only chosen for a constant.
  const sql = `SELECT position FROM entry WHERE kind = ${kind} AND kind >= ${entryKind.checkpoint} AND position < ? ${named} ORDER BY position DESC LIMIT 1`;
  const row = version === undefined ? db.prepare(sql).get(before) : db.prepare(sql).get(before, version);
  return (row as { position: number } | undefined)?.position;
}

function writable(path: string, db: DatabaseSync): WritableSegment {
  const insert = db.prepare("INSERT INTO entry (position, kind, at, seq, samples, crc, version, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  return {
    ...readable(path, db),
    append(firstPosition, entries, versions) {
      db.exec("BEGIN IMMEDIATE");
      try {
        let position = firstPosition;
        for (const entry of entries) {
          const version = versions.get(entry) ?? null;
          insert.run(position++, entry.kind, entry.at, entry.seq, entry.samples, crc32(entry.body), version, entry.body);
        }
        db.exec("COMMIT");
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK");
        throw error;
      }
    },
    seal() {
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    },
  };
}

/** Entries that do not match their checksum are left out; the reader sees the hole in the positions and declares it. */
function readPage(statement: StatementSync, from: number, bytes: number, samples = Number.POSITIVE_INFINITY): readonly PlacedEntry[] {
  const page: PlacedEntry[] = [];
  let collected = 0;
  let counted = 0;
  for (const row of statement.iterate(from) as Iterable<Record<string, unknown>>) {
    const entry = {
      position: row.position as number,
      kind: row.kind as EntryKind,
      at: row.at as number,
      seq: row.seq as number,
      samples: row.samples as number,
      crc: row.crc as number,
      version: row.version as string | null,
      body: row.body as Uint8Array,
    };
    if (crc32(entry.body) === entry.crc) page.push(entry);
    collected += entry.body.length + 64;
    counted += entry.samples;
    if (collected >= bytes || counted >= samples) break;
  }
  return page;
}

/** The smallest number in [low, high) for which it holds, else `high`; it must hold for all larger ones then. */
function firstWhere(low: number, high: number, holds: (position: number) => boolean): number {
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What SQLite says of this file as what it means: damage costs this segment, everything else is about this machine. */
function reading<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw fileError(`journal segment ${path}`, cause);
  }
}

function syncFolder(folder: string): void {
  // Windows has no such thing and keeps names by itself.
  if (process.platform === "win32") return;
  const open = openSync(folder, "r");
  try {
    fsyncSync(open);
  } finally {
    closeSync(open);
  }
}
