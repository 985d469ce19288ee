import type { MissionSpeed } from "#msgs/mission.ts";
import type { Timestamp } from "#msgs/time.ts";

/**
 * Where a mission should be by now: a straight line from where it last changed speed. Real time is passed in, in
 * microseconds of a clock that never goes back.
 */
export class Pace {
  #anchorReal: number;
  #anchor: Timestamp;
  #speed: MissionSpeed;
  #paused = true;

  constructor(at: Timestamp, speed: MissionSpeed, realUs: number) {
    this.#anchor = at;
    this.#anchorReal = realUs;
    this.#speed = speed;
  }

  get speed(): MissionSpeed {
    return this.#speed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The timeline instant that may be shown at this real instant; infinite when flat out. */
  at(realUs: number): Timestamp {
    if (this.#paused) return this.#anchor;
    if (this.#speed === "max") return Number.POSITIVE_INFINITY;
    return Math.floor(this.#anchor + (realUs - this.#anchorReal) * this.#speed);
  }

  /** How long in real milliseconds until that instant may be shown. */
  msUntil(at: Timestamp, realUs: number): number {
    if (this.#paused) return Number.POSITIVE_INFINITY;
    if (this.#speed === "max") return 0;
    return Math.max(0, (at - this.at(realUs)) / this.#speed / 1_000);
  }

  play(reached: Timestamp, realUs: number): void {
    this.#move(reached, realUs);
    this.#paused = false;
  }

  pause(reached: Timestamp, realUs: number): void {
    this.#move(reached, realUs);
    this.#paused = true;
  }

  setSpeed(speed: MissionSpeed, reached: Timestamp, realUs: number): void {
    this.#move(reached, realUs);
    this.#speed = speed;
  }

  /** The record itself jumps over time nobody lived through; nobody waits for it here either. */
  skip(us: number): void {
    this.#anchor += us;
  }

  #move(reached: Timestamp, realUs: number): void {
    this.#anchor = reached;
    this.#anchorReal = realUs;
  }
}
