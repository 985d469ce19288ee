import type { Timestamp } from "#msgs/time.ts";
import type { HistoryRow } from "#src/contract/store.ts";
import type { Client } from "../database/connect.ts";
import { at, whole } from "./literal.ts";
import { shownValue, type KnownPoint } from "./names.ts";
import { paged } from "./paged.ts";

export interface RawOptions {
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Only what had been received by then: what was known at that time. */
  readonly knownAt?: Timestamp;
}

interface StoredRow {
  readonly time: number;
  readonly at: number;
  readonly source_time: number | null;
  readonly value: number | null;
  readonly text: string | null;
  readonly quality: number;
}

/** Every stored sample, one point after the other, each ascending by its time. */
export async function* raw(
  client: Client,
  points: readonly KnownPoint[],
  from: Timestamp,
  to: Timestamp,
  options: RawOptions,
): AsyncGenerator<readonly HistoryRow[]> {
  let left = options.limit;
  for (const { id, key, kind } of points) {
    if (left <= 0) return;
    const known = options.knownAt === undefined ? "" : `AND at <= ${at(options.knownAt)}`;
    const where = `WHERE point_key = ${whole(key)} AND time >= ${at(from)} AND time < ${at(to)} ${known}`;
    // A point that carries text has numbers too: a value that is bad and empty, or from before its kind was changed.
    const sql =
      kind === "text" || kind === "number"
        ? `SELECT time, at, source_time, value, NULL::text AS text, quality FROM samples ${where}
           UNION ALL SELECT time, at, source_time, NULL, text, quality FROM texts ${where} ORDER BY time`
        : `SELECT time, at, source_time, value, NULL::text AS text, quality FROM samples ${where} ORDER BY time`;
    for await (const rows of paged<StoredRow>(client, sql, left)) {
      left -= rows.length;
      yield rows.map((row) => ({
        point: id,
        sourceTime: row.source_time ?? row.time,
        at: row.at,
        value: shownValue(kind, row.value, row.text),
        quality: row.quality,
      }));
    }
  }
}
