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
  from: number;
  to: number;
  readonly since: Timestamp;
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
  private last: { readonly number: number; readonly sourceTime: Timestamp | undefined } | undefined;
  private missing: Missing[] = [];
  private givenUp = 0;

  /** `wraps`: how many numbers there are before they begin again at 0; absent, they only grow. */
  constructor(wraps?: number) {
    this.wraps = wraps;
  }

  hear(message: Numbered, now: Timestamp): Heard {
    const { last } = this;
    if (!last) return this.moved(message, message.number, { is: "first" });
    const number = this.unwrapped(message.number, last.number);
    if (number === last.number) return { is: "repeated" };
    if (number === last.number + 1) return this.moved(message, number, { is: "next" });
    if (number > last.number) {
      this.wait({ from: last.number + 1, to: number - 1, since: now });
      return this.moved(message, number, { is: "gap", missing: number - last.number - 1 });
    }
    if (this.found(number)) return { is: "late" };
    if (message.isRepeat) return { is: "repeated" };
    if (!this.isRestart(message)) return { is: "late" };
    return this.moved(message, number, { is: "restarted", from: last.number });
  }

  /** How many were waited for since before then and did not come; they are not asked for again. */
  lostBefore(then: Timestamp): number {
    const over = this.missing.filter(({ since }) => since <= then);
    const lost = this.givenUp + over.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    if (over.length > 0) this.missing = this.missing.filter(({ since }) => since > then);
    this.givenUp = 0;
    return lost;
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
    const { from, to } = this.missing.shift()!;
    this.givenUp += to - from + 1;
  }

  private found(number: number): boolean {
    const at = this.missing.findIndex(({ from, to }) => number >= from && number <= to);
    const stretch = this.missing[at];
    if (!stretch) return false;
    const { from, to, since } = stretch;
    const parts = [
      { from, to: number - 1, since },
      { from: number + 1, to, since },
    ];
    this.missing.splice(at, 1, ...parts.filter((part) => part.from <= part.to));
    return true;
  }

  private moved({ sourceTime }: Numbered, number: number, heard: Heard): Heard {
    this.last = { number, sourceTime };
    return heard;
  }
}
