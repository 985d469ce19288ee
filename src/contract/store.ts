import type { Derivation, Fact } from "#msgs/fact.ts";
import type { PointId, PointKey, Value } from "#msgs/point.ts";
import type { Quality } from "#msgs/quality.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Cancel } from "./clock.ts";
import type { Checkpoint, Recorder } from "./timeline.ts";

/** What lies in the journal, in one order. */
export type JournalEntry =
  | { readonly kind: "fact"; readonly fact: Fact }
  | { readonly kind: "derived"; readonly derivation: Derivation }
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint };

/** The durable record. Accepted means durable in here; everything else may lag behind or be away. */
export interface Journal extends Recorder {
  readonly uuid: string;
  /** The last stamp that was durable when the journal was opened. */
  readonly head: { readonly at: Timestamp; readonly seq: number };
  /** Whether the last stop was clean; if not, the stretch since `head.at` is declared a gap. */
  readonly clean: boolean;
  /** Points with their keys: the one a point ever had, or one never used. New ones are recorded through the config fact that names them. */
  keyed<P extends { readonly id: PointId }>(points: readonly P[]): readonly (P & { readonly key: PointKey })[];
  checkpoint(checkpoint: Checkpoint): void;
  /** Stretches of the journal itself that were found damaged when it was opened; whoever opens it declares them as gaps. */
  readonly damaged: readonly { readonly from: Timestamp; readonly to: Timestamp; readonly why: string }[];
  /**
   * Everything after the newest checkpoint this version can use, that checkpoint first. Without one: from `since` (or the
   * oldest entry) on, the config fact in force there first. Ends at what was there when it was called.
   */
  recover(version: string, since?: Timestamp): AsyncIterable<readonly JournalEntry[]>;
  /** Samples accepted and not yet durable: above a bound, intake sheds before the stamp. */
  readonly backlog: number;
  /** Called with the highest seq that is durable, each time it grows. */
  onDurable(see: (seq: number) => void): Cancel;
  status(): JournalStatus;
  close(): Promise<void>;
}

export interface JournalStatus {
  readonly state: "writing" | "stalled" | "full" | "failed";
  readonly message?: string;
  readonly durableSeq: number;
  readonly bytes: number;
  readonly readers: readonly ReaderStatus[];
}

/** How far a reader of the journal (the database, later the uplink) has come. */
export interface ReaderStatus {
  readonly name: string;
  readonly state: "following" | "waiting" | "catching up" | "stopped";
  readonly behindEntries: number;
  /** What it stores into and which of its features are in use, or why not, for a person. */
  readonly engine?: string;
  readonly message?: string;
}

/** The recording as replay reads it. */
export interface FactStore {
  /** In (at, seq) order, from <= at < to. Batches come back as they were. */
  scan(from: Timestamp, to: Timestamp): AsyncIterable<readonly JournalEntry[]>;
  /** The newest checkpoint at or before `at` written by this version, or undefined. */
  checkpointBefore(at: Timestamp, version: string): Promise<Checkpoint | undefined>;
  /** The newest config fact at or before `at`: where a scan without a checkpoint starts its plant description. */
  configBefore(at: Timestamp): Promise<Fact | undefined>;
  /** The stretch the recording covers; undefined when it is empty. */
  extent(): Promise<{ from: Timestamp; to: Timestamp } | undefined>;
  close(): Promise<void>;
}

export interface HistoryRow {
  readonly point: PointId;
  readonly sourceTime: Timestamp;
  readonly at: Timestamp;
  readonly value: Value | null;
  readonly quality: Quality;
}

export interface BucketRow {
  readonly point: PointId;
  readonly time: Timestamp;
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly last: number | null;
  readonly quality: Quality;
}

/** Questions people ask of the past. All are bounded and end when the signal says so. */
export interface History {
  raw(
    points: readonly PointId[],
    from: Timestamp,
    to: Timestamp,
    options: { limit: number; signal: AbortSignal },
  ): AsyncIterable<readonly HistoryRow[]>;
  buckets(
    points: readonly PointId[],
    from: Timestamp,
    to: Timestamp,
    options: { buckets: number; signal: AbortSignal },
  ): AsyncIterable<readonly BucketRow[]>;
}
