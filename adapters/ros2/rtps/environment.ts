/** Undoes what returned it. Calling it twice does nothing the second time. */
export type Cancel = () => void;

/** Where the library tells what a person may want to know. Nothing logged here is also thrown. */
export interface Log {
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/**
 * Everything the library needs from the outside besides sockets. It is passed in so that whoever embeds the library decides
 * where time comes from; the library itself never asks a global clock.
 */
export interface Environment {
  /** Microseconds since 1970 UTC, for the source timestamps of what we write. */
  wallUs(): number;
  /** Milliseconds on a clock that never jumps, for leases, deadlines and pacing. */
  monoMs(): number;
  /** Runs once, `ms` from now. */
  after(ms: number, run: () => void): Cancel;
  /** Runs once, after the input that is already waiting has been looked at. */
  soon(run: () => void): void;
  readonly log: Log;
}
