import type { Ask } from "./ask.ts";

/** How requests and answers lie on the wire: Modbus TCP and RTU differ in this and in nothing else. */
export interface Framing {
  /** Most requests that may fly at once; without transaction numbers there is one. */
  readonly mostFlying: number;
  /** Whether a unit whose answer is late must be left alone for a while, because a late answer could be taken for the next one. */
  readonly restsAfterTimeout: boolean;
  /** Writes the request's frame into `into` at `at` and says where it ended. */
  write(ask: Ask, into: Buffer, at: number): number;
  /** Bytes from the wire; complete answers go to the listener before this returns. */
  receive(bytes: Buffer, length: number): void;
  /** The request is over without an answer; what is half received cannot be trusted. */
  forget(ask: Ask): void;
  /** What came in place of the answer to a request that is still open, where that explains the silence. */
  inPlaceOfAnswer(ask: Ask): string | undefined;
  /** How many bytes were skipped since the last frame that made sense. */
  readonly skipped: number;
}

export interface FramingListener {
  /** An answer to `ask`: its PDU lies in `bytes` from `start` to `end`. */
  answered(ask: Ask, bytes: Buffer, start: number, end: number): void;
  /** A well-formed frame nobody waits for any more. */
  late(): void;
  /** The line gave back what was sent. */
  echo(): void;
  /** Bytes that make no sense, skipped. */
  garbage(bytes: number): void;
}

/** The longest frame of any kind: MBAP header 7, PDU 253 (254 seen), RTU address and checksum 3. */
export const longestFrame = 264;
