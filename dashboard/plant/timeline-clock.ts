import { usPerMs, type Timestamp } from "#msgs/time.ts";
import type { MissionSpeed } from "#msgs/mission.ts";

/** What time it is on the timeline that is shown, also between two tellings and after the line is lost. */
export interface TimelineClock {
  /** The gateway said so just now. */
  hear(now: Timestamp, speed: MissionSpeed, runs: boolean): void;
  /** Undefined until something was heard. */
  now(): Timestamp | undefined;
}

/**
 * A live clock goes on by itself for as long as it takes, so that ages grow visibly while the gateway is silent. A replay's
 * goes on only as long as the next telling may take: what is not told must not be made up.
 */
export function openTimelineClock(wallMs: () => number, aheadAtMostMs = Number.POSITIVE_INFINITY): TimelineClock {
  let heard: { now: Timestamp; wallMs: number; factor: number } | undefined;
  return {
    hear(now, speed, runs) {
      heard = { now, wallMs: wallMs(), factor: runs && speed !== "max" ? speed : 0 };
    },
    now() {
      if (!heard) return undefined;
      const passedMs = Math.min(Math.max(0, wallMs() - heard.wallMs), aheadAtMostMs);
      return Math.round(heard.now + passedMs * heard.factor * usPerMs);
    },
  };
}
