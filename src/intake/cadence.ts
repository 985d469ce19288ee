import type { Value } from "#msgs/point.ts";

/** So many intervals of much the same length, one after the other, are a rhythm. */
const rhythmNeeds = 8;
/** How far one interval may stray from the mean and still belong to it. */
const strayAtMost = 0.5;

/**
 * Learns how often one point speaks by itself. A point that speaks only when its value changes has no rhythm, however regularly
 * it happened to change for a while: what proves a rhythm is that it repeated an unchanged value in it. So a quiet
 * change-of-value point is never called silent.
 */
export class Cadence {
  #last: number | undefined;
  #meanUs = 0;
  #regular = 0;
  #repeats = 0;
  #value: Value | null = null;

  get lastUs(): number | undefined {
    return this.#last;
  }

  get value(): Value | null {
    return this.#value;
  }

  heard(atUs: number, value: Value | null): void {
    if (this.#last !== undefined) this.#interval(atUs - this.#last, value === this.#value);
    this.#last = atUs;
    this.#value = value;
  }

  /** Undefined while there is no rhythm. */
  get expectedUs(): number | undefined {
    return this.#regular >= rhythmNeeds && this.#repeats > 0 ? this.#meanUs : undefined;
  }

  /** It was asked and turned out to be merely quiet: what was learned does not hold. */
  forget(): void {
    this.#regular = 0;
    this.#repeats = 0;
    this.#meanUs = 0;
  }

  #interval(us: number, unchanged: boolean): void {
    const strays = this.#meanUs > 0 && Math.abs(us - this.#meanUs) > this.#meanUs * strayAtMost;
    if (this.#meanUs === 0 || strays) {
      this.#meanUs = us;
      this.#regular = 1;
      this.#repeats = unchanged ? 1 : 0;
      return;
    }
    this.#meanUs += (us - this.#meanUs) / 8;
    this.#regular++;
    if (unchanged) this.#repeats++;
  }
}

/** A point is doubted when this many of its intervals went by, so that it can be asked and flagged before the third is over. */
export const doubtAfterIntervals = 2.5;

export function isDoubtful(cadence: Cadence, nowUs: number): boolean {
  const expected = cadence.expectedUs;
  return expected !== undefined && cadence.lastUs !== undefined && nowUs - cadence.lastUs > expected * doubtAfterIntervals;
}
