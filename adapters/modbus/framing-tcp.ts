import type { Ask } from "./ask.ts";
import type { Framing, FramingListener } from "./framing.ts";

const headerLength = 7;
const longestLength = 255;
/** Frames with a transaction number given out this recently are late answers, not garbage. */
const recentNumbers = 4096;

/**
 * Modbus TCP: each frame carries a transaction number, so answers may come in any order and late ones are known for what they
 * are. After garbage the stream is searched for the next header that can be right; the number, the protocol, the length, the
 * unit and the function must all fit a request that is waiting.
 */
export class TcpFraming implements Framing {
  readonly mostFlying = 256;
  readonly restsAfterTimeout = false;
  skipped = 0;
  private readonly listener: FramingListener;
  private readonly flying = new Map<number, Ask>();
  private lastNumber = 0;
  private kept: Buffer = Buffer.alloc(0);

  constructor(listener: FramingListener) {
    this.listener = listener;
  }

  write(ask: Ask, into: Buffer, at: number): number {
    do this.lastNumber = (this.lastNumber + 1) & 0xffff;
    while (this.flying.has(this.lastNumber));
    const { pdu } = ask.question;
    ask.transaction = this.lastNumber;
    this.flying.set(ask.transaction, ask);
    into[at] = ask.transaction >> 8;
    into[at + 1] = ask.transaction & 0xff;
    into[at + 2] = 0;
    into[at + 3] = 0;
    into[at + 4] = 0;
    into[at + 5] = pdu.length + 1;
    into[at + 6] = ask.unit;
    pdu.copy(into, at + headerLength);
    return at + headerLength + pdu.length;
  }

  receive(bytes: Buffer, length: number): void {
    let whole = bytes;
    let end = length;
    if (this.kept.length > 0) {
      whole = Buffer.concat([this.kept, bytes.subarray(0, length)]);
      end = whole.length;
    }
    const at = this.frames(whole, end);
    // At most one frame is kept: frames() consumes whatever is complete or makes no sense.
    this.kept = at === end ? this.kept.subarray(0, 0) : Buffer.from(whole.subarray(at, end));
  }

  forget(ask: Ask): void {
    this.flying.delete(ask.transaction);
    // A half frame may be garbage that announces bytes which never come and would swallow the next answer; one that belongs to
    // a request still flying is left to that request's own deadline.
    const half = this.kept;
    if (half.length < headerLength || this.flying.has((half[0]! << 8) | half[1]!)) return;
    this.kept = Buffer.alloc(0);
    this.skip(1);
    this.receive(half.subarray(1), half.length - 1);
  }

  inPlaceOfAnswer(): undefined {
    return undefined;
  }

  /** Hands over every complete frame and says where the first incomplete one starts. */
  private frames(bytes: Buffer, end: number): number {
    let at = 0;
    while (end - at >= headerLength) {
      const length = (bytes[at + 4]! << 8) | bytes[at + 5]!;
      const number = (bytes[at]! << 8) | bytes[at + 1]!;
      const makesSense = bytes[at + 2] === 0 && bytes[at + 3] === 0 && length >= 3 && length <= longestLength;
      const ask = makesSense ? this.flying.get(number) : undefined;
      const isLate = makesSense && !ask && ((this.lastNumber - number) & 0xffff) < recentNumbers;
      if (!(ask ? canAnswer(ask, bytes[at + 6]!) : isLate)) {
        at = this.search(bytes, at + 1, end);
        continue;
      }
      const next = at + 6 + length;
      if (next > end) break;
      if (ask) this.handOver(ask, bytes, at + headerLength, next);
      else this.listener.late();
      at = next;
    }
    return at;
  }

  private handOver(ask: Ask, bytes: Buffer, start: number, end: number): void {
    this.flying.delete(ask.transaction);
    this.skipped = 0;
    this.listener.answered(ask, bytes, start, end);
  }

  /** The next place where a header could start: one byte on, or at the next two zero bytes of a protocol number. */
  private search(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at + 3 < end && !(bytes[at + 2] === 0 && bytes[at + 3] === 0)) at++;
    this.skip(at - from + 1);
    return at;
  }

  private skip(count: number): void {
    this.skipped += count;
    this.listener.garbage(count);
  }
}

/**
 * Whether this unit may answer. A few TCP devices answer as unit 0 or 255 whatever they are asked as; the transaction number
 * vouches for them. An answer with the wrong function or count still comes through, to be refused by name.
 */
function canAnswer(ask: Ask, unit: number): boolean {
  return unit === ask.unit || unit === 0 || unit === 255;
}
