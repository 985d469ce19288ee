import type { ServerFrame } from "#msgs/wire/server-frames.ts";

/** A frame that many will get: turned into bytes once, however many there are. */
export class Encoded {
  readonly frame: ServerFrame;
  readonly #seq: number | undefined;
  #bytes: Buffer | undefined;
  #sse: string | undefined;

  constructor(frame: ServerFrame, seq?: number) {
    this.frame = frame;
    this.#seq = seq;
  }

  get bytes(): Buffer {
    return (this.#bytes ??= Buffer.from(JSON.stringify(this.frame)));
  }

  /** The same as one server-sent event. An `event` frame is told as its data, so that `type` is the event's name. */
  get sse(): string {
    const { frame } = this;
    const told = frame.type === "event" ? { timeline: frame.timeline, ...frame.data } : frame;
    return (this.#sse ??= `${this.#seq === undefined ? "" : `id: ${this.#seq}\n`}data: ${JSON.stringify(told)}\n\n`);
  }
}

export function encoded(frame: ServerFrame, seq?: number): Encoded {
  return new Encoded(frame, seq);
}
