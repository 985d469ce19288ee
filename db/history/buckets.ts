import type { Timestamp } from "#msgs/time.ts";
import type { BucketRow } from "#src/contract/store.ts";
import type { Client } from "../database/connect.ts";
import { at, whole } from "./literal.ts";
import type { KnownPoint } from "./names.ts";
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
  points: readonly KnownPoint[],
  from: Timestamp,
  to: Timestamp,
  options: { buckets: number; samplesFrom: Timestamp; hasTimescale: boolean },
): AsyncGenerator<readonly BucketRow[]> {
  const resolution = resolutionFor(from, to, options.buckets, options.samplesFrom);
  const atOnce = Math.max(1, Math.floor(rowsAtOnce / options.buckets));
  for (let i = 0; i < points.length; i += atOnce) {
    const some = points.slice(i, i + atOnce);
    const ids = new Map(some.map(({ key, id }) => [key, id]));
    const asked = { keys: some.map((point) => whole(point.key)).join(), from, to, ...resolution };
    const sql = resolution.table !== "samples" ? fromRollup(asked) : options.hasTimescale ? fromHypertable(asked) : fromSamples(asked);
    for await (const rows of paged<StoredBucket>(client, sql, some.length * (options.buckets + 1))) {
      yield rows.map(({ point_key, time, count, min, max, mean, last, quality }) => ({
        point: ids.get(point_key) ?? "",
        time,
        count,
        min,
        max,
        mean,
        last,
        quality,
      }));
    }
  }
}

/** Rows one query may amount to; more points than fit are asked one after the other. */
const rowsAtOnce = 20_000;

interface Asked extends Resolution {
  /** Keys of points, with commas between. */
  readonly keys: string;
  readonly from: Timestamp;
  readonly to: Timestamp;
}

const bucket = ({ widthUs, origin }: Resolution) => `date_bin(interval '${whole(widthUs)} microseconds', time, ${at(origin)})`;
/** Points in the order they were asked for. */
const order = ({ keys }: Asked) => `array_position(ARRAY[${keys}], point_key)`;
const usable = "FILTER (WHERE quality < 128)";

/** Over many chunks a lookup for each bucket costs more than the extension's own aggregate; without chunks it is the other way round. */
function fromHypertable(asked: Asked): string {
  return `
    SELECT point_key, ${bucket(asked)} AS time, count(value) ${usable} AS count, min(value) ${usable} AS min, max(value) ${usable} AS max,
      avg(value) ${usable} AS mean, last(value, time) FILTER (WHERE quality < 128 AND value IS NOT NULL) AS last, max(quality) AS quality
    FROM samples WHERE point_key IN (${asked.keys}) AND time >= ${at(asked.from)} AND time < ${at(asked.to)} GROUP BY 1, 2 ORDER BY ${order(asked)}, 2`;
}

/** The last value of a bucket is looked up by index, because an ordered aggregate over every sample costs more than all the rest. */
function fromSamples(asked: Asked): string {
  return `
    SELECT b.point_key, b.time, b.count, b.min, b.max, b.mean, l.value AS last, b.quality FROM (
      SELECT point_key, ${bucket(asked)} AS time, count(value) ${usable} AS count, min(value) ${usable} AS min, max(value) ${usable} AS max,
        avg(value) ${usable} AS mean, max(quality) AS quality
      FROM samples WHERE point_key IN (${asked.keys}) AND time >= ${at(asked.from)} AND time < ${at(asked.to)} GROUP BY 1, 2
    ) b LEFT JOIN LATERAL (
      SELECT value FROM samples s
      WHERE s.point_key = b.point_key AND s.time >= greatest(b.time, ${at(asked.from)}) AND s.time < least(b.time + interval '${asked.widthUs} microseconds', ${at(asked.to)})
        AND s.quality < 128 AND s.value IS NOT NULL
      ORDER BY s.time DESC LIMIT 1
    ) l ON true ORDER BY ${order(asked)}, b.time`;
}

function fromRollup(asked: Asked): string {
  return `
    SELECT point_key, ${bucket(asked)} AS time, sum(count)::bigint AS count, min(min) AS min, max(max) AS max,
      sum(sum) / nullif(sum(count), 0)::float8 AS mean, (max(ARRAY[extract(epoch FROM last_time)::float8, last]) FILTER (WHERE last_time IS NOT NULL))[2] AS last,
      max(quality) AS quality
    FROM ${asked.table} WHERE point_key IN (${asked.keys}) AND time >= ${at(asked.origin)} AND time < ${at(asked.to)} GROUP BY 1, 2 ORDER BY ${order(asked)}, 2`;
}
