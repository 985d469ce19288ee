import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { renameSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { PointId, PointKey } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { keepPrivate } from "#src/kit/private-file.ts";
import { fileError, sqliteCode } from "./file-error.ts";

/**
 * What the journal must know about itself whatever happens to a segment: who it is, which keys were ever given, how far its
 * numbers may have run, how far each reader has come, and what was dropped. Written before the segment that depends on it.
 */
export interface Register {
  readonly uuid: string;
  readonly clean: boolean;
  /** Begun just now: beside segments that exist it must learn from them who it is. */
  readonly fresh: boolean;
  readonly reserved: Reserved;
  /** All of them, read anew: they are many, and only who starts needs them. */
  keys(): Map<PointId, PointKey>;
  /** The point that was given this key. */
  pointOf(key: PointKey): PointId | undefined;
  /** Keys first met; they stand here before any entry that uses them. */
  addKeys(keys: readonly (readonly [PointId, PointKey])[]): void;
  /** Positions and seqs below these may have been used, even if the segment that used them is lost. */
  reserve(reserved: Reserved): void;
  readers(): ReadonlyMap<string, ReaderMark>;
  markReader(name: string, mark: ReaderMark): void;
  drops(): readonly Drop[];
  addDrop(drop: Drop): void;
  /** Another identity: what readers stored under the old one is not what this journal holds. Also for a register begun anew. */
  rename(uuid: string): void;
  setClean(clean: boolean): void;
  close(): void;
}

export interface Reserved {
  readonly position: number;
  readonly seq: number;
}

/** A reader's place, and when (in timeline time) it had come there. */
export interface ReaderMark {
  readonly position: number;
  readonly at: number;
}

/** A stretch of positions that is no longer in the journal. */
export interface Drop {
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly from: number;
  readonly to: number;
  readonly samples: number | "unknown";
  readonly why: string;
}

const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS key (point TEXT PRIMARY KEY, key INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS reader (name TEXT PRIMARY KEY, position INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS dropped (
    first_position INTEGER PRIMARY KEY, last_position INTEGER NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
    samples INTEGER, why TEXT NOT NULL
  );
`;

/** A register that cannot be read is set aside and a new one begun: another identity, so that no key can mean two things. */
export function openRegister(folder: string): { readonly register: Register; readonly setAside?: string } {
  const path = join(folder, "register.sqlite");
  try {
    return { register: registerOn(path) };
  } catch (error) {
    if (isLocked(error)) throw new GatewayError("busy", `another gateway writes the journal in ${folder}`, { cause: error });
    const why = fileError(`the register of the journal, ${path}`, error);
    if (!isCorrupt(error)) throw why.code === "damaged" ? new GatewayError("no-permission", why.message, { cause: error }) : why;
    const setAside = `${path}.damaged`;
    renameSync(path, setAside);
    return { register: registerOn(path), setAside };
  }
}

function registerOn(path: string): Register {
  // Points and their names are not for everybody on this machine.
  keepPrivate(path);
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    // Held exclusively as long as the journal is open: this is also the lock against a second gateway on the same folder.
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; BEGIN EXCLUSIVE");
    db.exec(schema);
    const given = db.prepare("INSERT OR IGNORE INTO meta VALUES (?, ?)");
    const fresh = given.run("uuid", randomUUID()).changes === 1;
    for (const [name, value] of [
      ["clean", 1],
      ["position", 0],
      ["seq", 0],
    ] as const)
      given.run(name, value);
    db.exec("COMMIT");
    return registerIn(db, fresh);
  } catch (error) {
    db.close();
    throw error;
  }
}

function registerIn(db: DatabaseSync, fresh: boolean): Register {
  const get = db.prepare("SELECT value FROM meta WHERE name = ?");
  const put = db.prepare("UPDATE meta SET value = ? WHERE name = ?");
  const valueOf = (name: string) => (get.get(name) as { value: string | number }).value;
  let uuid = String(valueOf("uuid"));
  let reserved: Reserved = { position: Number(valueOf("position")), seq: Number(valueOf("seq")) };
  const clean = valueOf("clean") === 1;
  const point = db.prepare("SELECT point FROM key WHERE key = ?");
  const inOne = (work: () => void) => inOneTransaction(db, work);
  return {
    get uuid() {
      return uuid;
    },
    clean,
    fresh,
    get reserved() {
      return reserved;
    },
    keys() {
      const keys = new Map<PointId, PointKey>();
      for (const row of db.prepare("SELECT point, key FROM key").iterate()) keys.set(String(row.point), Number(row.key));
      return keys;
    },
    pointOf: (key) => (point.get(key) as { point: PointId } | undefined)?.point,
    addKeys(keys) {
      const insert = db.prepare("INSERT OR IGNORE INTO key VALUES (?, ?)");
      inOne(() => keys.forEach(([point, key]) => insert.run(point, key)));
    },
    reserve(next) {
      inOne(() => (put.run(next.position, "position"), put.run(next.seq, "seq")));
      reserved = next;
    },
    readers: () =>
      new Map(
        db
          .prepare("SELECT name, position, at FROM reader")
          .all()
          .map((row) => [String(row.name), { position: Number(row.position), at: Number(row.at) }]),
      ),
    markReader(name, mark) {
      db.prepare("INSERT OR REPLACE INTO reader VALUES (?, ?, ?)").run(name, mark.position, mark.at);
    },
    drops: () => db.prepare("SELECT * FROM dropped ORDER BY first_position").all().map(dropOf),
    addDrop(drop) {
      const lost = drop.samples === "unknown" ? null : drop.samples;
      db.prepare("INSERT OR REPLACE INTO dropped VALUES (?, ?, ?, ?, ?, ?)").run(
        drop.firstPosition,
        drop.lastPosition,
        drop.from,
        drop.to,
        lost,
        drop.why,
      );
    },
    rename(next) {
      put.run(next, "uuid");
      uuid = next;
    },
    setClean: (now) => void put.run(now ? 1 : 0, "clean"),
    close: () => db.close(),
  };
}

function inOneTransaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function dropOf(row: Record<string, unknown>): Drop {
  return {
    firstPosition: Number(row.first_position),
    lastPosition: Number(row.last_position),
    from: Number(row.from_at),
    to: Number(row.to_at),
    samples: row.samples === null ? "unknown" : Number(row.samples),
    why: String(row.why),
  };
}

/** SQLite's own numbers: 5 busy, 6 locked, 11 corrupt, 26 not a database. */
function isLocked(error: unknown): boolean {
  return [5, 6].includes(sqliteCode(error) ?? 0);
}

function isCorrupt(error: unknown): boolean {
  return [11, 26].includes(sqliteCode(error) ?? 0);
}
