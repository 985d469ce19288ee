import type { PointId } from "#msgs/point.ts";
import type { Quality } from "#msgs/quality.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Client } from "../database/connect.ts";
import { at, whole } from "./literal.ts";
import type { KnownPoint } from "./names.ts";
import { paged } from "./paged.ts";

/** One dot of a drawn line. */
export interface Dot {
  readonly point: PointId;
  readonly time: Timestamp;
  readonly value: number;
  readonly quality: Quality;
}

/**
 * What a line needs to look, on so many pixels, exactly as if every sample were drawn: of each pixel column the first, the
 * last, the lowest and the highest sample, at their own times. Never more than four dots a pixel; spikes are never lost.
 */
export async function* bestFit(
  client: Client,
  points: readonly KnownPoint[],
  from: Timestamp,
  to: Timestamp,
  pixels: number,
): AsyncGenerator<readonly Dot[]> {
  const widthUs = Math.max(1, Math.ceil((to - from) / pixels));
  const column = `date_bin(interval '${widthUs} microseconds', time, ${at(from)})`;
  const sql = (key: number) => `
    SELECT time, value, quality FROM (
      SELECT time, value, quality, row_number() OVER earliest AS first, row_number() OVER latest AS last, row_number() OVER lowest AS low, row_number() OVER highest AS high
      FROM samples WHERE point_key = ${whole(key)} AND time >= ${at(from)} AND time < ${at(to)} AND quality < 128 AND value IS NOT NULL
      WINDOW earliest AS (PARTITION BY ${column} ORDER BY time), latest AS (PARTITION BY ${column} ORDER BY time DESC),
        lowest AS (PARTITION BY ${column} ORDER BY value, time), highest AS (PARTITION BY ${column} ORDER BY value DESC, time)
    ) ranked WHERE 1 IN (first, last, low, high) ORDER BY time`;
  for (const { id, key } of points) {
    for await (const rows of paged<Omit<Dot, "point">>(client, sql(key), pixels * 4 + 4)) yield rows.map((row) => ({ point: id, ...row }));
  }
}
