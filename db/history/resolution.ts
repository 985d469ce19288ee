import type { Timestamp } from "#msgs/time.ts";

/** What a bucketed question is answered from, and where its buckets lie. */
export interface Resolution {
  readonly table: "samples" | "samples_1m" | "samples_1h";
  /** Start of the first bucket: at or before what was asked for. */
  readonly origin: Timestamp;
  readonly widthUs: number;
}

const rollups = [
  { table: "samples_1h", unitUs: 3_600_000_000 },
  { table: "samples_1m", unitUs: 60_000_000 },
] as const;

/**
 * The coarsest rollup of which two or more fit into one bucket; the bucket becomes a whole number of them, so that no rollup
 * row belongs to two. Where the samples themselves are no longer kept, the finest rollup that is.
 */
export function resolutionFor(from: Timestamp, to: Timestamp, buckets: number, samplesFrom: Timestamp): Resolution {
  const exact = (to - from) / buckets;
  for (const { table, unitUs } of rollups) {
    const needed = table === "samples_1m" && from < samplesFrom;
    if (exact >= 2 * unitUs || needed)
      return { table, origin: Math.floor(from / unitUs) * unitUs, widthUs: Math.max(1, Math.ceil(exact / unitUs)) * unitUs };
  }
  return { table: "samples", origin: from, widthUs: Math.max(1, Math.ceil(exact)) };
}
