import type { LiveTime } from "#src/contract/clock.ts";
import type { ClockFact } from "#msgs/fact.ts";
import type { Timestamp } from "#msgs/time.ts";
import { usPerSecond } from "#msgs/time.ts";

/** The two clocks of a machine, in microseconds. Tests hand in their own. */
export interface MachineClocks {
  /** Never goes back, does not know the date. */
  monotonicUs(): number;
  /** Knows the date, when it does. */
  wallUs(): Timestamp;
}

/** The wall clock is believed from here on; a machine without a battery boots in 1970 or at its image's date. */
const earliestTrusted = Date.UTC(2025, 0, 1) * 1_000;
/** A disagreement below this is slewed away, above it is a fact. */
const stepUs = 1 * usPerSecond;
/** How fast small disagreements are worked off: 500 µs a second, the rate an NTP daemon uses. */
const slewRate = 500e-6;
/** Closer than this to the wall clock there is nothing to slew. */
const closeUs = 500;
/** The driver looks at the clock several times a second; not having looked for this long means this process stood still. */
const stallUs = 1 * usPerSecond;

/**
 * Live time: monotonic time plus an offset that slews slowly. It never goes back and never jumps by itself: a step of the wall
 * clock, or a stretch in which this process did not run, is held back until `settle` hands it out as a clock fact.
 */
export class SlewedTime implements LiveTime {
  readonly #clocks: MachineClocks;
  #lastMonotonic: number;
  #now: Timestamp;
  #rate = 1;
  #stalledUs = 0;
  #wallAheadUs: number;
  #trusted: boolean;

  /** `after` is the last instant of the record: what comes now comes later, whatever the wall clock says. */
  constructor(clocks: MachineClocks, after: Timestamp) {
    this.#clocks = clocks;
    this.#lastMonotonic = clocks.monotonicUs();
    const wall = clocks.wallUs();
    this.#now = Math.max(wall, after + 1);
    this.#wallAheadUs = wall < this.#now - stepUs ? wall - this.#now : 0;
    this.#trusted = this.#wallAheadUs === 0 && wall >= earliestTrusted;
  }

  now(): Timestamp {
    const monotonic = this.#clocks.monotonicUs();
    const passed = monotonic - this.#lastMonotonic;
    this.#lastMonotonic = monotonic;
    if (passed > stallUs) this.#stalledUs += passed;
    else this.#now += passed * this.#rate;
    return Math.floor(this.#now);
  }

  trusted(): boolean {
    return this.#trusted;
  }

  /** Whether this process has stood still since `settle` was last called. */
  get stalled(): boolean {
    return this.#stalledUs > 0;
  }

  get wallAheadUs(): number {
    return this.#wallAheadUs;
  }

  /** Called a few times a second. Slews, or returns what must be told as a fact; `at` is where time stands afterwards. */
  settle(): { fact: ClockFact; at: Timestamp } | undefined {
    const from = this.now();
    if (this.#stalledUs > 0) {
      this.#now += this.#stalledUs;
      this.#stalledUs = 0;
      return this.#told("stalled", from);
    }
    const ahead = this.#clocks.wallUs() - this.#now;
    const change = ahead - this.#wallAheadUs;
    if (Math.abs(change) < stepUs) return this.#slew(ahead, from);
    return this.#step(ahead, from);
  }

  #slew(ahead: number, from: Timestamp): { fact: ClockFact; at: Timestamp } | undefined {
    const follows = this.#wallAheadUs === 0 && Math.abs(ahead) > closeUs;
    this.#rate = follows ? 1 + Math.sign(ahead) * slewRate : 1;
    const trusted = this.#believes();
    if (trusted === this.#trusted) return undefined;
    this.#trusted = trusted;
    return this.#told(trusted ? "trusted" : "not trusted", from);
  }

  /** Forward is followed at once; backward cannot be, since the record only goes forward: it is told and waited out. */
  #step(ahead: number, from: Timestamp): { fact: ClockFact; at: Timestamp } {
    const forward = ahead > this.#wallAheadUs;
    this.#rate = 1;
    if (ahead > -stepUs) {
      this.#now += Math.max(0, ahead);
      this.#wallAheadUs = 0;
    } else this.#wallAheadUs = Math.round(ahead);
    this.#trusted = this.#believes();
    return this.#told(forward ? "stepped forward" : "stepped backward", from);
  }

  #believes(): boolean {
    return this.#wallAheadUs === 0 && this.#clocks.wallUs() >= earliestTrusted;
  }

  #told(why: ClockFact["why"], from: Timestamp): { fact: ClockFact; at: Timestamp } {
    return { fact: { kind: "clock", from, why, wallAheadUs: this.#wallAheadUs, trusted: this.#trusted }, at: Math.floor(this.#now) };
  }
}
