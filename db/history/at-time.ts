import type { PointId, Value } from "#msgs/point.ts";
import type { Quality } from "#msgs/quality.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Client } from "../database/connect.ts";
import { fromUs } from "../writer/place.ts";
import { exact } from "./exact.ts";
import { shownValue, type KnownPoint } from "./names.ts";

/** A point's value at one instant: the last before it, or on the line to the next. */
export interface AtTimeRow {
  readonly point: PointId;
  readonly time: Timestamp;
  readonly value: Value | null;
  readonly quality: Quality;
  /** When the value before it was true; undefined when there is none, and then the value is null. */
  readonly sourceTime?: Timestamp;
}

export interface AtTimeOptions {
  readonly interpolate: boolean;
  /** A value older than this is not taken for the one in force. */
  readonly maxAgeUs: number;
}

interface Neighbours {
  readonly asked: number;
  readonly before_time: number | null;
  readonly before_value: number | null;
  readonly before_text: string | null;
  readonly before_quality: number | null;
  readonly after_time: number | null;
  readonly after_value: number | null;
}

export async function atTimes(
  client: Client,
  points: readonly KnownPoint[],
  times: readonly Timestamp[],
  options: AtTimeOptions,
): Promise<readonly AtTimeRow[]> {
  const found: AtTimeRow[] = [];
  for (const { id, key, kind } of points) {
    const { rows } = await client.query<Neighbours>(
      exact(neighbours(options.interpolate && kind === "number"), [key, times, options.maxAgeUs]),
    );
    for (const row of rows) found.push({ point: id, time: row.asked, ...valueAt(row, (value, text) => shownValue(kind, value, text)) });
  }
  return found;
}

function valueAt(row: Neighbours, shown: (value: number | null, text: string | null) => Value | null): Omit<AtTimeRow, "point" | "time"> {
  const { before_time, before_value, before_text, before_quality, after_time, after_value } = row;
  if (before_time === null || before_quality === null) return { value: null, quality: 132 };
  const line = before_value !== null && after_time !== null && after_value !== null && after_time > before_time;
  const value = line
    ? before_value + ((after_value - before_value) * (row.asked - before_time)) / (after_time - before_time)
    : before_value;
  return { value: shown(value, before_text), quality: before_quality, sourceTime: before_time };
}

function neighbours(withNext: boolean): string {
  const oldest = `asked.time - $3::bigint * interval '1 microsecond'`;
  const next = `LEFT JOIN LATERAL (
      SELECT time, value FROM samples WHERE point_key = $1 AND time > asked.time AND time <= asked.time + $3::bigint * interval '1 microsecond'
        AND quality < 128 AND value IS NOT NULL ORDER BY time LIMIT 1
    ) after ON true`;
  return `
    SELECT asked.time AS asked, before.time AS before_time, before.value AS before_value, before.text AS before_text, before.quality AS before_quality,
      ${withNext ? "after.time AS after_time, after.value AS after_value" : "NULL::timestamptz AS after_time, NULL::float8 AS after_value"}
    FROM (SELECT ${fromUs("us")} AS time, place FROM unnest($2::bigint[]) WITH ORDINALITY AS given (us, place)) asked
    LEFT JOIN LATERAL (
      SELECT * FROM (
        (SELECT time, value, NULL::text AS text, quality FROM samples WHERE point_key = $1 AND time <= asked.time AND time > ${oldest} ORDER BY time DESC LIMIT 1)
        UNION ALL
        (SELECT time, NULL, text, quality FROM texts WHERE point_key = $1 AND time <= asked.time AND time > ${oldest} ORDER BY time DESC LIMIT 1)
      ) newest ORDER BY time DESC LIMIT 1
    ) before ON true
    ${withNext ? next : ""}
    ORDER BY asked.place`;
}
