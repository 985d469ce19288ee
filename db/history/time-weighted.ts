import type { PointId } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Client } from "../database/connect.ts";
import { fromUs } from "../writer/place.ts";
import { exact } from "./exact.ts";
import type { KnownPoint } from "./names.ts";

export interface WeightedRow {
  readonly point: PointId;
  readonly time: Timestamp;
  /** Null where nothing is known yet. */
  readonly mean: number | null;
  /** How much of the bucket the mean speaks for, from 0 to 1. */
  readonly covered: number;
}

interface Held {
  readonly time: number;
  readonly value: number | null;
}

/** A valve that reported once an hour ago has had that position for the whole hour: values hold until the next one, bad ones are unknown. */
export async function timeWeighted(
  client: Client,
  points: readonly KnownPoint[],
  from: Timestamp,
  to: Timestamp,
  buckets: number,
): Promise<readonly WeightedRow[]> {
  const rows: WeightedRow[] = [];
  for (const { id, key } of points) {
    const held = await client.query<Held>(
      exact(
        `(SELECT time, CASE WHEN quality < 128 THEN value END AS value FROM samples WHERE point_key = $1 AND time < ${fromUs("$2")} ORDER BY time DESC LIMIT 1)
         UNION ALL
         (SELECT time, CASE WHEN quality < 128 THEN value END FROM samples WHERE point_key = $1 AND time >= ${fromUs("$2")} AND time < ${fromUs("$3")} ORDER BY time LIMIT ${samplesMax})`,
        [key, from, to],
      ),
    );
    for (const row of weigh(held.rows, from, to, buckets)) rows.push({ point: id, ...row });
  }
  return rows;
}

/** Samples looked at for one point; a point with more in the stretch reports often enough for a plain mean. */
const samplesMax = 1_000_000;

/** Samples in their order, the first one possibly from before. */
export function weigh(held: readonly Held[], from: Timestamp, to: Timestamp, buckets: number): Omit<WeightedRow, "point">[] {
  const width = (to - from) / buckets;
  const sums = new Float64Array(buckets);
  const known = new Float64Array(buckets);
  for (const [index, { time, value }] of held.entries()) {
    if (value === null) continue;
    const end = Math.min(held[index + 1]?.time ?? to, to);
    let start = Math.max(time, from);
    while (start < end) {
      const bucket = Math.min(buckets - 1, Math.floor((start - from) / width));
      const stop = Math.min(end, bucket === buckets - 1 ? to : from + (bucket + 1) * width);
      // Rounding can leave a stretch of nothing at an edge; it must not keep us here.
      if (stop <= start) break;
      sums[bucket]! += value * (stop - start);
      known[bucket]! += stop - start;
      start = stop;
    }
  }
  return Array.from(sums, (sum, i) => ({
    time: Math.round(from + i * width),
    mean: known[i]! > 0 ? sum / known[i]! : null,
    covered: Math.min(1, known[i]! / width),
  }));
}
