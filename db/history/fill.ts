import { quality } from "#msgs/quality.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { BucketRow } from "#src/contract/store.ts";

/**
 * How a stretch without samples is shown. Nothing is the honest default; `previous` holds the last value, as for a point that
 * is only reported when it changes; `linear` draws a line between the neighbours; `null` only says that there is nothing. What was
 * filled has count 0.
 */
export type Fill = "none" | "null" | "previous" | "linear";

/** Rows of one point in their order, `widthUs` apart or more. Adds the missing ones between the first and the last. */
export function fillGaps(rows: readonly BucketRow[], widthUs: number, fill: Fill): readonly BucketRow[] {
  if (fill === "none") return rows;
  const filled: BucketRow[] = [];
  for (const [index, row] of rows.entries()) {
    filled.push(row);
    const next = rows[index + 1];
    if (!next) break;
    for (let time = row.time + widthUs; time < next.time; time += widthUs) filled.push(between(row, next, time, fill));
  }
  return filled;
}

function between(before: BucketRow, after: BucketRow, time: Timestamp, fill: Exclude<Fill, "none">): BucketRow {
  const share = (time - before.time) / (after.time - before.time);
  if (fill === "null")
    return { point: before.point, time, count: 0, min: null, max: null, mean: null, last: null, quality: quality.badNoValue };
  const end = before.last ?? before.mean;
  const start = after.mean ?? after.last;
  const value = fill === "previous" || end === null || start === null ? end : end + (start - end) * share;
  return { point: before.point, time, count: 0, min: value, max: value, mean: value, last: value, quality: before.quality };
}
