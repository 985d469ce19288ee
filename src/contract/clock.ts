import type { Timestamp } from "#msgs/time.ts";

/** The time of one timeline. It moves only in its loop, so whoever asks twice within one fact gets one answer. */
export interface Clock {
  now(): Timestamp;
}

/**
 * Real time for code that talks to devices: monotonic, never back, in the live timeline's own base, so that it may be
 * compared with `at`. Given to adapters and the host in live only.
 */
export interface LiveTime extends Clock {
  /** False while the wall clock cannot be believed (boot in 1970): source times are uncertain then. */
  trusted(): boolean;
}

/** Timers a protocol itself needs (a keep-alive, a response timeout). Tests hand in made-up ones. */
export interface Timers {
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export type Cancel = () => void;
