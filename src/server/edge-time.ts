import type { Cancel, Timers } from "#src/contract/clock.ts";

/**
 * Time for the edge: sessions, sign-ins, pings, batching. Nothing about the plant is decided with it, that is the
 * timeline's. The only file of the server that touches the machine's clock and timers; tests may hand in another.
 */
export interface EdgeTime extends Pick<Timers, "after" | "every"> {
  /** Wall clock, for expiry that people read. */
  wallMs(): number;
  /** Never goes back, for measuring. */
  monotonicMs(): number;
}

export function machineTime(): EdgeTime {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after(ms, run): Cancel {
      const timer = setTimeout(run, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    every(ms, run): Cancel {
      const timer = setInterval(run, ms);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}
