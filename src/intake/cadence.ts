import type { Value } from "#msgs/point.ts";

/** So many intervals of much the same length, one after the other, are a rhythm. */
const rhythmNeeds = 8;
/** How far one interval may stray from the mean and still belong to it. */
const strayAtMost = 0.5;
/** Changes remembered, to know how small a change this point still tells. */
const changesKept = 8;

/** How a rhythm that stopped is to be taken. */
export type Rhythm =
  /** It speaks whether or not anything changes: that it stopped is enough. */
  | "beats"
  /** It repeated itself while others in the same message changed: enough where nobody can be asked. */
  | "repeats"
  /** It only ever spoke with a new value, and may just have stopped changing: only an answer shows more. */
  | "changes";

/**
 * Learns how often one point speaks by itself, and what its silence is worth. A change-of-value point is quiet while nothing
 * changes, however evenly it happened to change before; what gives it away is that it shows a change as large as those it used to
 * tell, and did not tell it.
 */
export class Cadence {
  #last: number | undefined;
  #meanUs = 0;
  #regular = 0;
  #repeats = 0;
  #whole = 0;
  #value: Value | null = null;
  #changes: number[] = [];

  get lastUs(): number | undefined {
    return this.#last;
  }

  /** Undefined while there is no rhythm. */
  get expectedUs(): number | undefined {
    return this.#regular >= rhythmNeeds ? this.#meanUs : undefined;
  }

  get rhythm(): Rhythm {
    if (this.#whole * 2 >= this.#regular) return "beats";
    return this.#repeats * 2 >= this.#regular ? "repeats" : "changes";
  }

  isUnchanged(value: Value | null): boolean {
    return this.#last !== undefined && value === this.#value;
  }

  /** `isWhole`: nothing in the whole message had changed, so it was not sent because of a change. */
  heard(atUs: number, value: Value | null, isWhole: boolean): void {
    const isRepeat = this.isUnchanged(value);
    if (this.#last !== undefined) this.#interval(atUs - this.#last, isRepeat, isRepeat && isWhole);
    if (typeof value === "number" && typeof this.#value === "number" && value !== this.#value) {
      this.#changes.push(Math.abs(value - this.#value));
      if (this.#changes.length > changesKept) this.#changes.shift();
    }
    this.#last = atUs;
    this.#value = value;
  }

  /** Whether this answer is a change that the point would have told of. */
  wouldHaveTold(answer: Value | null): boolean {
    if (typeof answer !== "number" || typeof this.#value !== "number") return answer !== this.#value;
    // The very smallest may have been told for another reason, such as a flag that changed.
    const [smallest = 0, next = smallest] = this.#changes.toSorted((a, b) => a - b);
    return answer !== this.#value && Math.abs(answer - this.#value) >= next;
  }

  /** A new subscription, or time in which we ourselves stood still: what was not heard before this does not count. */
  waitFrom(atUs: number): void {
    if (this.#last !== undefined) this.#last = Math.max(this.#last, atUs);
  }

  #interval(us: number, isRepeat: boolean, isWhole: boolean): void {
    const strays = this.#meanUs > 0 && Math.abs(us - this.#meanUs) > this.#meanUs * strayAtMost;
    if (this.#meanUs === 0 || strays) {
      this.#meanUs = us;
      this.#regular = this.#repeats = this.#whole = 0;
    } else this.#meanUs += (us - this.#meanUs) / 8;
    this.#regular++;
    if (isRepeat) this.#repeats++;
    if (isWhole) this.#whole++;
  }
}
