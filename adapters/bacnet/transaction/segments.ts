/** One segment on its way out. */
export interface OutgoingSegment {
  readonly sequence: number;
  readonly more: boolean;
  readonly data: Buffer;
}

/** Cuts a message into segments and decides which go out next (clause 5.3): the first alone, then a window at a time. */
export class SegmentSender {
  readonly #segments: readonly Buffer[];
  /** Index of the first segment that is not acknowledged. */
  #base = 0;
  #window = 1;

  constructor(data: Buffer, size: number) {
    const count = Math.max(1, Math.ceil(data.length / size));
    this.#segments = Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));
  }

  get count(): number {
    return this.#segments.length;
  }

  /** What is under way: the first segment until it is acknowledged, then everything in the window. Said again when time runs out. */
  current(): readonly OutgoingSegment[] {
    const until = Math.min(this.#base + this.#window, this.#segments.length);
    return this.#segments.slice(this.#base, until).map((data, i) => ({
      sequence: (this.#base + i) & 0xff,
      more: this.#base + i < this.#segments.length - 1,
      data,
    }));
  }

  /** "done" when all have arrived; "stale" for an acknowledgement of something that is not under way. */
  acknowledge(sequence: number, window: number): "more" | "done" | "stale" {
    const under = Math.min(this.#base + this.#window, this.#segments.length) - this.#base;
    const ahead = (sequence - (this.#base & 0xff) + 256) & 0xff;
    // The octet before the base acknowledges nothing new: it asks for the same window once more.
    const again = ahead === 255 && this.#base > 0;
    if (!again && ahead >= under) return "stale";
    if (!again) this.#base += ahead + 1;
    this.#window = Math.min(127, Math.max(1, window));
    return this.#base >= this.#segments.length ? "done" : "more";
  }
}

export type SegmentVerdict =
  /** Say so: everything up to `sequence` is here. */
  | { readonly answer: "acknowledge"; readonly sequence: number; readonly complete?: Buffer }
  /** One is missing after `sequence`: the sender goes back there. */
  | { readonly answer: "negative"; readonly sequence: number }
  | { readonly answer: "none" }
  | { readonly answer: "too-long" };

/** Puts segments together in order (clause 5.4.4): a full window or the last one is acknowledged, a hole is asked for again. */
export class SegmentReceiver {
  readonly #parts: Buffer[] = [];
  readonly #maxSegments: number;
  readonly window: number;
  /** Last sequence number in order, and the one the current window began after. */
  #last = -1;
  #windowStart = -1;
  /** The hole that is there was asked for: asking for it with every segment behind it would bring the window that often. */
  #askedAgain = false;

  constructor(proposedWindow: number, ourWindow: number, maxSegments: number) {
    this.window = Math.max(1, Math.min(proposedWindow || 1, ourWindow, 127));
    this.#maxSegments = maxSegments;
  }

  take(sequence: number, more: boolean, data: Buffer): SegmentVerdict {
    const expected = (this.#last + 1) & 0xff;
    if (sequence !== expected) return this.#outOfOrder(sequence, expected);
    if (this.#parts.length >= this.#maxSegments) return { answer: "too-long" };
    this.#parts.push(Buffer.from(data));
    this.#last++;
    this.#askedAgain = false;
    if (!more) return { answer: "acknowledge", sequence, complete: Buffer.concat(this.#parts) };
    // The first segment is acknowledged by itself: the answer carries the window from here on.
    if (this.#last === 0 || this.#last - this.#windowStart >= this.window) {
      this.#windowStart = this.#last;
      return { answer: "acknowledge", sequence };
    }
    return { answer: "none" };
  }

  #outOfOrder(sequence: number, expected: number): SegmentVerdict {
    const behind = (expected - sequence + 256) & 0xff;
    // Segments that were here already come when an acknowledgement was lost: it is given again, once for each time round.
    if (behind <= this.window && this.#last >= 0) return behind === 1 ? this.#again() : { answer: "none" };
    if (this.#askedAgain) return { answer: "none" };
    this.#askedAgain = true;
    this.#windowStart = this.#last;
    return { answer: "negative", sequence: this.#last < 0 ? 0xff : this.#last & 0xff };
  }

  #again(): SegmentVerdict {
    this.#windowStart = this.#last;
    return { answer: "acknowledge", sequence: this.#last & 0xff };
  }
}
