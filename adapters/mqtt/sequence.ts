/** What the number of a message says about the ones before it. */
export type Heard =
  | { readonly is: "first" | "next" | "repeated" }
  | { readonly is: "gap"; readonly lost: number }
  | { readonly is: "restarted"; readonly from: number };

/** Follows the numbering of one device's messages. */
export class Sequence {
  private last: number | undefined;
  private readonly wraps: number | undefined;

  /** `wraps`: how many numbers there are before they begin again at 0; absent, they only grow. */
  constructor(wraps?: number) {
    this.wraps = wraps;
  }

  hear(number: number, isRepeat: boolean): Heard {
    const { last } = this;
    if (last === undefined) return this.moved(number, { is: "first" });
    if (number === last) return { is: "repeated" };
    const ahead = this.wraps === undefined ? number - last : (number - last + this.wraps) % this.wraps;
    const isOld = this.wraps === undefined ? ahead < 0 : ahead > this.wraps / 2;
    // The broker says of a message that it may have been sent before: an old number is then no restart.
    if (isOld && isRepeat) return { is: "repeated" };
    if (isOld) return this.moved(number, { is: "restarted", from: last });
    return this.moved(number, ahead === 1 ? { is: "next" } : { is: "gap", lost: ahead - 1 });
  }

  private moved(number: number, heard: Heard): Heard {
    this.last = number;
    return heard;
  }
}
