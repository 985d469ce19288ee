import type { Derivation, Fact, FactBody } from "#msgs/fact.ts";
import type { PointKey } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Cancel } from "./clock.ts";

/** Deadline keys are plain so that they can be saved; one deadline per (tap, key), setting it again moves it. */
export type DeadlineKey = number | string;

/**
 * For work that decides things: latest values, staleness, alarms, evidence. Quick and synchronous. A tap derives; what it
 * decides goes to `derive`. Its whole state can be saved and restored at any fact, exactly (NaN and −0 too).
 */
export interface Tap {
  readonly name: string;
  see(fact: Fact): void;
  due(key: DeadlineKey): void;
  /**
   * Plain data that `structuredClone` carries: typed arrays, maps and numbers are fine, closures are not. Nothing in it may change
   * afterwards: what the tap goes on changing is handed out as a copy, what it only ever replaces as it is.
   */
  save(): unknown;
  /** What is handed in is the tap's own from then on. */
  restore(state: unknown): void;
}

/** What a tap is given when a timeline is opened. */
export interface TapEnv {
  now(): Timestamp;
  /** Runs `due(key)` before any fact stamped later than `due`, with now() === due; a past due runs at once after the current fact. */
  at(due: Timestamp, key: DeadlineKey): void;
  cancel(key: DeadlineKey): void;
  derive(subject: string, state: string, detail?: Readonly<Record<string, unknown>>): void;
}

export type TapFactory = (env: TapEnv) => Tap;

/** The reading end, given to consumers. */
export interface Bus {
  /** For work that waits on something: a browser, an exposer. Bounded, and says what happens when full. */
  queue(name: string, options: QueueOptions): FactQueue;
  /** Sees each fact in order after every tap has. Must be quick and must not throw. */
  follow(see: (fact: Fact) => void): Cancel;
  /** What taps decide, as they decide it. */
  onDerived(see: (derivation: Derivation) => void): Cancel;
}

export interface QueueOptions {
  /** Only samples of these points; everything else that is not a sample always passes. */
  readonly points?: ReadonlySet<PointKey>;
  /** Samples waiting at most. */
  readonly capacity: number;
  /** `keep-latest` keeps the newest value per point and counts what was overtaken; `hold` reports itself full. */
  readonly whenFull: "hold" | "keep-latest";
}

export interface FactQueue extends AsyncIterable<readonly Fact[]> {
  /** Everything waiting, at once; empty when nothing is. */
  take(): readonly Fact[];
  /** How many samples were replaced by newer ones before anybody took them. */
  readonly overtaken: number;
  readonly waiting: number;
  close(): void;
}

/** The writing end, given to sources and the desk. */
export interface Intake {
  /** Stamps the fact and shows it to every tap, in order. From inside a tap it is queued until the current fact has been everywhere. */
  publish(fact: FactBody, at?: Timestamp): void;
  /** Resolves when every `hold` queue has room. Only replay sources wait. */
  ready(): Promise<void>;
}
