import { formatTime, type Timestamp } from "#msgs/time.ts";
import { assert } from "#src/kit/errors.ts";

/** Numbers of ours in a statement's text: a cursor is declared and read in one go then, and chunks are ruled out when it is planned. */
export function at(us: Timestamp): string {
  if (us <= earliest) return "timestamptz '-infinity'";
  if (us >= latest) return "timestamptz 'infinity'";
  return `timestamptz '${formatTime(Math.round(us))}'`;
}

export function whole(value: number): string {
  assert(Number.isSafeInteger(value), "only whole numbers stand in a statement's text");
  return String(value);
}

/** Years with four digits, which is how far formatTime and the server agree. */
const earliest = Date.UTC(0) * 1000;
const latest = Date.UTC(9999, 11, 31) * 1000;
