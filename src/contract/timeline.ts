import type { Derivation, Fact } from "#msgs/fact.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Bus, Intake, TapFactory } from "./bus.ts";
import type { Clock } from "./clock.ts";

export type TimelineKind = "live" | "replay" | "branch";

/** One clock, one bus and what hangs on it. There is one live timeline; missions and branches make others. */
export interface Timeline {
  readonly id: string;
  readonly kind: TimelineKind;
  readonly clock: Clock;
  readonly bus: Bus;
  close(): void;
}

/** Takes everything a timeline decides and hears, in order. Live alone has one. */
export interface Recorder {
  fact(fact: Fact): void;
  derived(derivation: Derivation): void;
}

export interface TimelineSpec {
  readonly id: string;
  readonly kind: TimelineKind;
  readonly from: Timestamp;
  readonly taps: readonly TapFactory[];
  /** The last seq used; the next fact gets one more. */
  readonly seq?: number;
  readonly recorder?: Recorder;
}

/** What a driver holds: the live driver moves time with the real clock, a mission at its own pace, a test by hand. */
export interface Opened {
  readonly timeline: Timeline;
  readonly into: Intake;
  /** Retells a recorded fact with its own stamp. */
  retell(fact: Fact): void;
  advance(to: Timestamp): void;
  nextDue(): Timestamp | undefined;
  /** The seq of the last fact. */
  seq(): number;
  save(): Checkpoint;
  restore(checkpoint: Checkpoint): void;
}

/** Everything the taps know, at one place in the order; restoring it and retelling what follows gives the same as never stopping. */
export interface Checkpoint {
  readonly at: Timestamp;
  readonly seq: number;
  /** Version of the code and revision of the configuration that wrote it; another version replays from further back. */
  readonly version: string;
  readonly taps: Readonly<Record<string, unknown>>;
  readonly deadlines: readonly (readonly [due: Timestamp, tap: string, key: number | string])[];
}

export type OpenTimeline = (spec: TimelineSpec) => Opened;
