import type { Timestamp } from "#msgs/time.ts";

/** What the number of a message says about the ones before it. */
export type Heard =
  | { readonly is: "first" | "next" | "repeated" | "late" }
  | { readonly is: "gap"; readonly missing: number }
  | { readonly is: "restarted"; readonly from: number };

interface Numbered {
  readonly number: number;
  /** The device's own time of the message. */
  readonly sourceTime?: Timestamp | undefined;
  /** The broker says that it may have sent it before. */
  readonly isRepeat: boolean;
}

interface Missing {
  readonly from: number;
  readonly to: number;
  /** When the last number before the stretch came. */
  readonly after: Timestamp;
  /** When the number behind it came, from when on it is waited for. */
  readonly since: Timestamp;
}

/** Numbers that were waited for and did not come; `after`: when the last number before the first of them came. */
export interface Lost {
  readonly count: number;
  readonly after: Timestamp;
}

/** Stretches of numbers that are waited for; with more, the oldest is given up. */
const mostStretches = 64;
/** A counter that is this small again began anew, where no time says so. */
const beginning = 16;

/**
 * Follows the numbering of one device's messages. A number that is left out may still come: the broker of a kept session sends
 * what it kept and what is new in whatever order it likes. So a number is lost only when it has been waited for.
 */
export class Sequence {
  private readonly wraps: number | undefined;
  private last: { readonly number: number; readonly sourceTime: Timestamp | undefined; readonly at: Timestamp } | undefined;
  private missing: Missing[] = [];
  private givenUp: Missing[] = [];

  /** `wraps`: how many numbers there are before they begin again at 0; absent, they only grow. */
  constructor(wraps?: number) {
    this.wraps = wraps;
  }

  hear(message: Numbered, now: Timestamp): Heard {
    const { last } = this;
    if (!last) return this.moved(message, message.number, now, { is: "first" });
    const number = this.unwrapped(message.number, last.number);
    if (number === last.number) return { is: "repeated" };
    if (number === last.number + 1) return this.moved(message, number, now, { is: "next" });
    if (number > last.number) {
      this.wait({ from: last.number + 1, to: number - 1, after: last.at, since: now });
      return this.moved(message, number, now, { is: "gap", missing: number - last.number - 1 });
    }
    if (this.found(number)) return { is: "late" };
    if (message.isRepeat) return { is: "repeated" };
    if (!this.isRestart(message)) return { is: "late" };
    return this.moved(message, number, now, { is: "restarted", from: last.number });
  }

  /** What was waited for since before then and did not come; it is not asked for again. */
  lostBefore(then: Timestamp): Lost | undefined {
    const over = this.missing.filter(({ since }) => since <= then);
    const lost = [...this.givenUp, ...over];
    if (lost.length === 0) return undefined;
    this.missing = this.missing.filter(({ since }) => since > then);
    this.givenUp = [];
    return {
      count: lost.reduce((sum, { from, to }) => sum + to - from + 1, 0),
      after: lost.reduce((first, { after }) => Math.min(first, after), Number.POSITIVE_INFINITY),
    };
  }

  /** On a line without end: the number nearest to the last one that looks like this. */
  private unwrapped(number: number, last: number): number {
    if (this.wraps === undefined) return number;
    const ahead = (((number - last) % this.wraps) + this.wraps) % this.wraps;
    return last + (ahead > this.wraps / 2 ? ahead - this.wraps : ahead);
  }

  /** An older number: the device began anew when its clock went on meanwhile, or when it is a first number again. */
  private isRestart({ number, sourceTime }: Numbered): boolean {
    if (this.wraps !== undefined) return false;
    const before = this.last?.sourceTime;
    if (sourceTime !== undefined && before !== undefined) return sourceTime > before;
    return number < beginning;
  }

  private wait(stretch: Missing): void {
    this.missing.push(stretch);
    if (this.missing.length <= mostStretches) return;
    this.givenUp.push(this.missing.shift()!);
    // Nobody asks which: with many of them only how many and since when is kept.
    if (this.givenUp.length < mostStretches) return;
    const count = this.givenUp.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    const { from, after, since } = this.givenUp[0]!;
    this.givenUp = [{ from, to: from + count - 1, after, since }];
  }

  private found(number: number): boolean {
    const at = this.missing.findIndex(({ from, to }) => number >= from && number <= to);
    const stretch = this.missing[at];
    if (!stretch) return false;
    const { from, to, ...times } = stretch;
    const parts = [
      { from, to: number - 1, ...times },
      { from: number + 1, to, ...times },
    ];
    this.missing.splice(at, 1, ...parts.filter((part) => part.from <= part.to));
    return true;
  }

  private moved({ sourceTime }: Numbered, number: number, at: Timestamp, heard: Heard): Heard {
    this.last = { number, sourceTime, at };
    return heard;
  }
}
