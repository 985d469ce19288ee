import type { Fact } from "#msgs/fact.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { Quality } from "#msgs/quality.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { BucketRow, History, HistoryRow } from "#src/contract/store.ts";

/**
 * What the server asks of the past. `HistoryStore` of the database has this shape; what a store does not answer is
 * `not-available`. Every question ends when its signal says so.
 */
export interface Past extends History {
  raw(
    points: readonly PointId[],
    from: Timestamp,
    to: Timestamp,
    /** `knownAt`: only what had been received by then. */
    options: { limit: number; signal: AbortSignal; knownAt?: Timestamp },
  ): AsyncIterable<readonly HistoryRow[]>;
  buckets(
    points: readonly PointId[],
    from: Timestamp,
    to: Timestamp,
    options: { buckets: number; signal: AbortSignal; fill?: Fill },
  ): AsyncIterable<readonly BucketRow[]>;
  timeWeighted?(points: readonly PointId[], from: Timestamp, to: Timestamp, options: BucketOptions): Promise<readonly WeightedRow[]>;
  bestFit?(
    points: readonly PointId[],
    from: Timestamp,
    to: Timestamp,
    options: { pixels: number; signal: AbortSignal },
  ): AsyncIterable<readonly DotRow[]>;
  atTimes?(
    points: readonly PointId[],
    times: readonly Timestamp[],
    options: { interpolate: boolean; maxAgeUs: number; signal: AbortSignal },
  ): Promise<readonly AtTimeRow[]>;
  ledger?(from: Timestamp, to: Timestamp, options: { stream?: string; signal: AbortSignal }): Promise<readonly LedgerRow[]>;
  events?(
    from: Timestamp,
    to: Timestamp,
    options: { kinds?: readonly string[]; limit: number; signal: AbortSignal },
  ): Promise<readonly Fact[]>;
}

export type Fill = "none" | "null" | "previous" | "linear";

interface BucketOptions {
  readonly buckets: number;
  readonly signal: AbortSignal;
}

export interface WeightedRow {
  readonly point: PointId;
  readonly time: Timestamp;
  readonly mean: number | null;
  readonly covered: number;
}

export interface DotRow {
  readonly point: PointId;
  readonly time: Timestamp;
  readonly value: number;
  readonly quality: Quality;
}

export interface AtTimeRow {
  readonly point: PointId;
  readonly time: Timestamp;
  readonly value: Value | null;
  readonly quality: Quality;
  readonly sourceTime?: Timestamp;
}

/** A stretch that is missing from the record, declared. */
export interface LedgerRow {
  readonly stream: string;
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly lost: number | "unknown";
  readonly why: string;
  readonly declaredAt: Timestamp;
  readonly state: "open" | "partly" | "filled";
  readonly missing: readonly { readonly from: Timestamp; readonly to: Timestamp }[];
}
