import type { PointId } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { BucketRow } from "#src/contract/store.ts";
import type { Client } from "../database/connect.ts";
import { fromUs } from "../writer/place.ts";
import { knownPoints } from "./names.ts";
import { paged } from "./paged.ts";
import { resolutionFor, type Resolution } from "./resolution.ts";

interface StoredBucket {
  readonly point_key: number;
  readonly time: number;
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly last: number | null;
  readonly quality: number;
}

/** As many stretches as asked for or fewer, each with what its samples amount to; stretches without any are left out. */
export async function* buckets(
  client: Client,
  points: readonly PointId[],
  from: Timestamp,
  to: Timestamp,
  options: { buckets: number; samplesFrom: Timestamp },
): AsyncGenerator<readonly BucketRow[]> {
  const resolution = resolutionFor(from, to, options.buckets, options.samplesFrom);
  for (const { id, key } of await knownPoints(client, points)) {
    const sql = resolution.table === "samples" ? fromSamples(resolution) : fromRollup(resolution);
    for await (const rows of paged<StoredBucket>(client, sql, [key, resolution.origin, from, to], options.buckets + 1)) {
      yield rows.map(({ time, count, min, max, mean, last, quality }) => ({ point: id, time, count, min, max, mean, last, quality }));
    }
  }
}

const bucket = ({ widthUs }: Resolution) => `date_bin(interval '${widthUs} microseconds', time, ${fromUs("$2")})`;
const usable = "FILTER (WHERE quality < 128)";

/** The last value of a bucket is looked up by index, because an ordered aggregate over every sample costs more than all the rest. */
function fromSamples(resolution: Resolution): string {
  return `
    SELECT b.point_key, b.time, b.count, b.min, b.max, b.mean, l.value AS last, b.quality FROM (
      SELECT point_key, ${bucket(resolution)} AS time, count(value) ${usable} AS count, min(value) ${usable} AS min, max(value) ${usable} AS max,
        avg(value) ${usable} AS mean, max(quality) AS quality
      FROM samples WHERE point_key = $1 AND time >= ${fromUs("$3")} AND time < ${fromUs("$4")} GROUP BY 1, 2
    ) b LEFT JOIN LATERAL (
      SELECT value FROM samples s
      WHERE s.point_key = b.point_key AND s.time >= greatest(b.time, ${fromUs("$3")}) AND s.time < least(b.time + interval '${resolution.widthUs} microseconds', ${fromUs("$4")})
        AND s.quality < 128 AND s.value IS NOT NULL
      ORDER BY s.time DESC LIMIT 1
    ) l ON true ORDER BY b.time`;
}

function fromRollup(resolution: Resolution): string {
  return `
    SELECT point_key, ${bucket(resolution)} AS time, sum(count)::bigint AS count, min(min) AS min, max(max) AS max,
      sum(sum) / nullif(sum(count), 0)::float8 AS mean, (max(ARRAY[extract(epoch FROM last_time)::float8, last]) FILTER (WHERE last_time IS NOT NULL))[2] AS last,
      max(quality) AS quality
    FROM ${resolution.table} WHERE point_key = $1 AND time >= ${fromUs("$2")} AND time < ${fromUs("$4")} AND $3::bigint IS NOT NULL GROUP BY 1, 2 ORDER BY 2`;
}
