import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import copyStreams from "pg-copy-streams";
import type { GapFact } from "#msgs/fact.ts";
import type { PointId, PointKey } from "#msgs/point.ts";
import { messageOf } from "#src/kit/errors.ts";
import { inTransaction, type Client } from "../database/connect.ts";
import { entryKind } from "../codec/entry.ts";
import { decodeSamples } from "../codec/samples.ts";
import type { PlacedEntry } from "../journal/segment.ts";
import { ArrayParameter, type ArrayType } from "./array-parameter.ts";
import type { CopyBuffer } from "./copy-buffer.ts";
import type { Newest } from "./newest.ts";
import { fromUs, readerName, type Standing } from "./place.ts";
import { describePoints, type PointKeys } from "./points.ts";
import type { Rows } from "./row-set.ts";
import { addGap, lateAmong, recordingOnly, rowsOf, type RowsContext, type Seen } from "./rows.ts";

/** Somebody else moved the cursor: nothing was written, read it again. */
export class CursorMoved extends Error {}

/** What was to be written cannot be made into rows. */
export class Poison extends Error {}

/** Rows of one statement that moves the newest values. */
const newestAtOnce = 8_192;

export interface Step {
  readonly from: Standing;
  readonly entries: readonly PlacedEntry[];
  /** Positions between `from` and the entries, or among them, that the journal no longer has. */
  readonly gaps: readonly Omit<GapFact, "kind">[];
  /** The point a key of the journal means; asked for keys that are met for the first time. */
  pointOf(key: PointKey): PointId | undefined;
  readonly context: Pick<RowsContext, "clamp" | "spare">;
  /** Where late samples begin; read under a lock where the gateway keeps the rollups itself. */
  lateBefore(client: Client): Promise<number>;
  /** The one entry goes into quarantine with this reason. */
  readonly quarantine?: string;
  /** The rows of these very entries, where they were made ahead. */
  readonly rows?: Rows;
}

/** Moves the cursor and stores what lies between, both or neither. */
export async function store(client: Client, keys: PointKeys, step: Step): Promise<Standing> {
  const last = step.entries.at(-1)!;
  const { uuid } = step.from;
  let stored: Rows | undefined;
  try {
    await inTransaction(client, async () => {
      await moveCursor(client, step.from, last);
      if (!step.rows) await keys.add(client, uuid, step.quarantine === undefined ? newKeys(step, keys) : new Map());
      const lateBefore = await step.lateBefore(client);
      const context = { ...step.context, uuid, keyOf: (key: PointKey) => keys.keyOf(key) };
      const rows = step.rows ?? (step.quarantine === undefined ? sound(() => rowsOf(step.entries, context)) : recordingOnly(last, uuid));
      for (const gap of step.gaps) addGap(rows.gaps, gap, last.at, last.seq);
      await write(client, rows);
      if (rows.oldest < lateBefore) await noteLate(client, lateAmong(step.entries, context, lateBefore));
      if (step.quarantine !== undefined) await quarantine(client, uuid, last, step.quarantine);
      stored = rows;
    });
  } catch (error) {
    keys.rolledBack();
    throw error;
  }
  keys.committed();
  if (stored) step.context.spare.giveBack(stored);
  return { uuid, position: last.position, at: last.at, seq: last.seq };
}

function sound(work: () => Rows): Rows {
  try {
    return work();
  } catch (cause) {
    throw new Poison(messageOf(cause), { cause });
  }
}

async function moveCursor(client: Client, from: Standing, to: PlacedEntry): Promise<void> {
  const { rowCount } = await client.query(
    "UPDATE cursor SET position = $1, at_us = $2, seq = $3, moved_at = now() WHERE journal_uuid = $4 AND reader = $5 AND position = $6",
    [to.position, to.at, to.seq, from.uuid, readerName, from.position],
  );
  if (rowCount !== 1) throw new CursorMoved("the cursor was moved by another writer");
}

function newKeys(step: Step, keys: PointKeys): Map<PointKey, PointId> {
  const used = new Map<PointKey, PointId>();
  for (const entry of step.entries) {
    if (entry.kind !== entryKind.samples) continue;
    const batch = decodeSamples(entry.body);
    for (const key of batch?.keys ?? []) {
      if (keys.has(key) || used.has(key)) continue;
      const id = step.pointOf(key);
      if (id !== undefined) used.set(key, id);
    }
  }
  return used;
}

async function write(client: Client, rows: Rows): Promise<void> {
  for (const plant of rows.plants) await describePoints(client, plant);
  await copy(client, "samples (time, at, value, source_time, code, point_key, quality)", rows.samples);
  await copy(client, "texts (time, at, source_time, code, point_key, quality, text)", rows.texts);
  await copy(client, "batches (at, last_at, seq, last_seq, position, last_position, journal_uuid, entries, samples, body)", rows.batches);
  await copy(client, "facts (at, seq, kind, type, adapter, device, point, by, source_time, data)", rows.facts);
  await copy(client, "command_steps (at, seq, command_id, state, by, point, device, code, message, step)", rows.steps);
  await copy(client, "derivations (at, seq, tap, subject, state, detail)", rows.derivations);
  await copy(client, "checkpoints (at, seq, version, body)", rows.checkpoints);
  await copy(client, "gaps (at, seq, stream, from_time, to_time, lost, why, fills)", rows.gaps);
  await moveNewest(client, rows.newest);
}

async function copy(client: Client, into: string, rows: CopyBuffer): Promise<void> {
  if (rows.rows === 0) return;
  await pipeline(Readable.from([rows.finish()]), client.query(copyStreams.from(`COPY ${into} FROM STDIN (FORMAT binary)`)));
}

async function moveNewest(client: Client, newest: Newest): Promise<void> {
  for (let from = 0; from < newest.rows; from += newestAtOnce) {
    await client.query(
      `INSERT INTO point_last (point_key, time, at, value, text, code, quality)
       SELECT key, ${fromUs("time")}, ${fromUs("at")}, value, text, code, quality
       FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::float8[], $5::text[], $6::bigint[], $7::smallint[]) AS n (key, time, at, value, text, code, quality)
       ON CONFLICT (point_key) DO UPDATE SET time = excluded.time, at = excluded.at, value = excluded.value, text = excluded.text,
         code = excluded.code, quality = excluded.quality
       WHERE excluded.time >= point_last.time`,
      columnsOf(newest, from, Math.min(from + newestAtOnce, newest.rows)),
    );
  }
}

function columnsOf(newest: Newest, from: number, to: number): Buffer[] {
  const column = (type: ArrayType) => new ArrayParameter(type, to - from);
  const [key, time, at, value] = [column("int4"), column("int8"), column("int8"), column("float8")];
  const [text, code, quality] = [column("text"), column("int8"), column("int2")];
  for (let row = from; row < to; row++) {
    const is = newest.values[row]!;
    key.int4(newest.keys[row]!);
    time.int8(newest.times[row]!);
    at.int8(newest.ats[row]!);
    value.float8(Number.isNaN(is) ? null : is);
    text.text(newest.texts.get(row));
    code.int8(newest.codes.get(row) ?? null);
    quality.int2(newest.qualities[row]!);
  }
  return [key, time, at, value, text, code, quality].map((array) => array.value());
}

async function noteLate(client: Client, seen: Seen): Promise<void> {
  for (const { from, to, keys } of seen.values()) {
    await client.query(`INSERT INTO rollup_late (from_time, to_time, point_keys) VALUES (${fromUs("$1")}, ${fromUs("$2")}, $3)`, [
      from,
      to,
      [...keys],
    ]);
  }
}

async function quarantine(client: Client, uuid: string, entry: PlacedEntry, reason: string): Promise<void> {
  await client.query(
    `INSERT INTO quarantine (journal_uuid, position, at, seq, kind, samples, reason, body) VALUES ($1, $2, ${fromUs("$3")}, $4, $5, $6, $7, $8)`,
    [uuid, entry.position, entry.at, entry.seq, entry.kind, entry.samples, reason, Buffer.from(entry.body)],
  );
}
