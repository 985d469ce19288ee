import type { ServerFrame } from "#msgs/wire/server-frames.ts";

/** A frame that many will get: turned into bytes once, however many there are. */
export interface Encoded {
  readonly frame: ServerFrame;
  readonly bytes: Buffer;
  /** The same as one server-sent event. An `event` frame is told as its data, so that `type` is the event's name. */
  readonly sse: string;
}

export function encoded(frame: ServerFrame, seq?: number): Encoded {
  let bytes: Buffer | undefined;
  let sse: string | undefined;
  return {
    frame,
    get bytes() {
      return (bytes ??= Buffer.from(JSON.stringify(frame)));
    },
    get sse() {
      const told = frame.type === "event" ? { timeline: frame.timeline, ...frame.data } : frame;
      return (sse ??= `${seq === undefined ? "" : `id: ${seq}\n`}data: ${JSON.stringify(told)}\n\n`);
    },
  };
}
