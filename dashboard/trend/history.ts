import type { HttpClient } from "#msgs/client/http.ts";
import { formatTime, parseTime, type Timestamp } from "#msgs/time.ts";
import { numberOf, type Dot } from "./track.ts";

/** Stretches a trend can show. Up to ten minutes every row is drawn; beyond, as many buckets as there are pixels. */
export const windows = [
  { text: "2 min", seconds: 120 },
  { text: "10 min", seconds: 600 },
  { text: "1 h", seconds: 3_600 },
  { text: "8 h", seconds: 28_800 },
] as const;

export type TrendWindow = (typeof windows)[number];

const rawUpToSeconds = 600;
const buckets = 480;

/** How wide one bucket is; zero where every row is drawn. */
export function bucketUs({ seconds }: TrendWindow): number {
  return seconds > rawUpToSeconds ? (seconds / buckets) * 1e6 : 0;
}

/** The past of one point as the record has it. */
export async function askHistory(
  http: HttpClient,
  point: string,
  window: TrendWindow,
  until: Timestamp,
  signal: AbortSignal,
): Promise<readonly Dot[]> {
  const span = { points: [point], from: formatTime(until - window.seconds * 1e6), to: formatTime(until) };
  if (bucketUs(window) === 0) {
    const rows = await http.history(span, signal);
    return rows.flatMap(({ sourceTime, value, quality }) => {
      const at = parseTime(sourceTime);
      return at === undefined ? [] : [{ at, value: numberOf(value), quality }];
    });
  }
  const rows = await http.buckets({ ...span, buckets }, signal);
  return rows.flatMap(({ time, mean, last, min, max, quality }) => {
    const at = parseTime(time);
    return at === undefined ? [] : [{ at, value: mean ?? last, quality, min, max }];
  });
}
