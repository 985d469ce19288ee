import type { PointId } from "#msgs/point.ts";
import { usPerMs, type Timestamp } from "#msgs/time.ts";
import { HttpRefusal, listIn, timeIn, timesIn, wholeIn } from "../refusal.ts";
import type { Fill } from "./past.ts";

/** What was asked of the past, checked and bounded. */
export type Question = { readonly points: readonly PointId[] } & (
  | { readonly how: "at"; readonly times: readonly Timestamp[]; readonly interpolate: boolean; readonly maxAgeUs: number }
  | (Stretch &
      (
        | { readonly how: "raw"; readonly limit: number; readonly knownAt?: Timestamp }
        | { readonly how: "buckets"; readonly buckets: number; readonly fill: Fill }
        | { readonly how: "weighted"; readonly buckets: number }
        | { readonly how: "fit"; readonly pixels: number }
      ))
);

export interface Stretch {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

export const bounds = {
  points: 200,
  rows: 1_000_000,
  rowsStandard: 100_000,
  buckets: 10_000,
  pixels: 10_000,
  times: 1_000,
  /** Of answers that are worked out before the first row is sent. */
  rowsInMemory: 100_000,
  maxAgeMs: 31 * 86_400_000,
  maxAgeStandardMs: 86_400_000,
} as const;

const fills = { none: "none", null: "null", hold: "previous", linear: "linear" } as const;

type Query = Readonly<Record<string, unknown>>;

/** `names` are what the two ends of the stretch are called in this query. */
export function questionIn(query: Query, names: { from: string; to: string } = { from: "from", to: "to" }): Question {
  const points = listIn(query, "points", bounds.points);
  if (points.length === 0) throw bad("points names nothing");
  const ways = ["buckets", "pixels", "at"].filter((name) => query[name] !== undefined);
  if (ways.length > 1) throw bad(`${ways.join(" and ")} are different questions; ask one of them`);
  only(query, "fill", "buckets");
  only(query, "mean", "buckets");
  only(query, "interpolation", "at");
  only(query, "maxAgeMs", "at");
  if (query["asOf"] !== undefined && ways[0] !== undefined) throw bad(`asOf is answered from the rows themselves; leave ${ways[0]} away`);
  if (query["at"] !== undefined) return atQuestion(query, points);
  const stretch = stretchIn(query, names);
  const pixels = wholeIn(query, "pixels", { min: 1, max: bounds.pixels });
  if (pixels !== undefined) return { points, ...stretch, how: "fit", pixels };
  const buckets = wholeIn(query, "buckets", { min: 1, max: bounds.buckets });
  if (buckets === undefined) {
    const limit = wholeIn(query, "limit", { min: 1, max: bounds.rows }) ?? bounds.rowsStandard;
    return { points, ...stretch, how: "raw", limit, ...(query["asOf"] !== undefined && { knownAt: timeIn(query, "asOf") }) };
  }
  if (query["mean"] === "time") {
    if (query["fill"] !== undefined) throw bad("mean=time has a row for every bucket; leave fill away");
    inMemory(points.length * buckets);
    return { points, ...stretch, how: "weighted", buckets };
  }
  return { points, ...stretch, how: "buckets", buckets, fill: fills[(query["fill"] ?? "none") as keyof typeof fills] };
}

function atQuestion(query: Query, points: readonly PointId[]): Question {
  const times = timesIn(query, "at", bounds.times);
  inMemory(points.length * times.length);
  const maxAgeMs = wholeIn(query, "maxAgeMs", { min: 1, max: bounds.maxAgeMs }) ?? bounds.maxAgeStandardMs;
  return { points, how: "at", times, interpolate: query["interpolation"] === "linear", maxAgeUs: maxAgeMs * usPerMs };
}

export function stretchIn(query: Query, names: { from: string; to: string }): Stretch {
  const from = timeIn(query, names.from);
  const to = timeIn(query, names.to);
  if (from >= to) throw bad(`${names.from} must be before ${names.to}`);
  return { from, to };
}

function only(query: Query, name: string, beside: string): void {
  if (query[name] !== undefined && query[beside] === undefined) throw bad(`${name} goes with ${beside}`);
}

function inMemory(rows: number): void {
  if (rows > bounds.rowsInMemory)
    throw bad(`this would be ${rows} rows at once, at most ${bounds.rowsInMemory} are answered; ask for fewer`);
}

function bad(message: string): HttpRefusal {
  return new HttpRefusal(400, { code: "bad-request", message });
}
