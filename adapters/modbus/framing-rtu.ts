import type { Ask } from "./ask.ts";
import { longestFrame, type Framing, type FramingListener } from "./framing.ts";
import { functions, isAnsweredByItself, isWrite } from "./pdu.ts";

/**
 * RTU frames on a stream: unit, PDU, checksum, and no length. One request at a time; its answer is looked for at every place
 * of what comes in, and the checksum decides. Silence between frames cannot be seen through a stream and is not relied on.
 *
 * Some lines give back what is sent before anybody answers (two wires, a receiver that is left on). A question that comes back
 * is no answer, except to a write of functions 5, 6 and 22, which the device answers with the same bytes: on a line that repeats,
 * its answer is the second copy. Whether a line repeats is said by the `echo` option, or learned from the last question that
 * did or did not come back.
 */
export class RtuFraming implements Framing {
  readonly mostFlying = 1;
  readonly restsAfterTimeout = true;
  skipped = 0;
  private readonly listener: FramingListener;
  private readonly kept = Buffer.alloc(2 * longestFrame);
  private keptLength = 0;
  private flying: Ask | undefined;
  private readonly echo: boolean;
  private readonly own = Buffer.alloc(longestFrame);
  private ownLength = 0;
  /** Whether the question under way has come back. */
  private cameBack = false;
  private hasLearnedEcho = false;

  constructor(listener: FramingListener, echo = false) {
    this.listener = listener;
    this.echo = echo;
  }

  write(ask: Ask, into: Buffer, at: number): number {
    // What came before the question cannot be its answer.
    this.drop(this.keptLength);
    this.flying = ask.broadcast ? undefined : ask;
    const { pdu } = ask.question;
    into[at] = ask.unit;
    pdu.copy(into, at + 1);
    const end = at + 1 + pdu.length;
    const sum = checksum(into, at, end);
    into[end] = sum & 0xff;
    into[end + 1] = sum >> 8;
    this.ownLength = into.copy(this.own, 0, at, end + 2);
    this.cameBack = false;
    return end + 2;
  }

  receive(bytes: Buffer, length: number): void {
    for (let at = 0; at < length;) {
      if (!this.flying) return this.unasked(length - at);
      const room = this.kept.length - this.keptLength;
      const taken = Math.min(room, length - at);
      bytes.copy(this.kept, this.keptLength, at, at + taken);
      this.keptLength += taken;
      at += taken;
      this.look(this.flying);
      // Everything but the length of one frame is too old to be the start of an answer that is still coming.
      if (this.keptLength > longestFrame) this.drop(this.keptLength - longestFrame);
    }
  }

  forget(ask: Ask): void {
    if (this.flying === ask) this.flying = undefined;
    this.drop(this.keptLength);
  }

  inPlaceOfAnswer(ask: Ask): string | undefined {
    if (this.flying !== ask || !this.cameBack) return undefined;
    if (!this.echo) return "our own request came back instead: the line repeats what is sent: set echo: true";
    return isAnsweredByItself(ask.question)
      ? "the request came back once, which echo: true takes for the line's and not for the answer"
      : undefined;
  }

  private look(ask: Ask): void {
    for (let at = 0; at + 5 <= this.keptLength; at++) {
      const own = this.ownFrameAt(at);
      // Of a frame that is still coming back nothing is an answer yet, whatever the values in it spell.
      if (own === "begun" && this.expectsEcho && !this.cameBack) return;
      if (own === "whole" && !this.canAnswer(ask)) {
        this.comesBack(at);
        at = -1;
        continue;
      }
      const length = this.frameLength(ask, at);
      if (length === 0 || at + length > this.keptLength) continue;
      const sum = checksum(this.kept, at, at + length - 2);
      if (this.kept[at + length - 2] !== (sum & 0xff) || this.kept[at + length - 1] !== sum >> 8) continue;
      const answer = Buffer.from(this.kept.subarray(at + 1, at + length - 2));
      if (at > 0) this.listener.garbage(at);
      // The first copy of a write says nothing about the line: it may be the line's or the device's.
      if (this.cameBack || own !== "whole") this.hasLearnedEcho = this.cameBack;
      this.keptLength = 0;
      this.flying = undefined;
      this.skipped = 0;
      this.listener.answered(ask, answer, 0, answer.length);
      return;
    }
  }

  private get expectsEcho(): boolean {
    return this.echo || this.hasLearnedEcho;
  }

  /** Whether a copy of the question that comes now can be its answer. A read is never believed to be: see the README. */
  private canAnswer(ask: Ask): boolean {
    if (!isAnsweredByItself(ask.question)) return false;
    return this.cameBack || (isWrite(ask.question) && !this.expectsEcho);
  }

  private ownFrameAt(at: number): "whole" | "begun" | "other" {
    const length = Math.min(this.ownLength, this.keptLength - at);
    if (this.own.compare(this.kept, at, at + length, 0, length) !== 0) return "other";
    return length === this.ownLength ? "whole" : "begun";
  }

  private comesBack(at: number): void {
    this.drop(at);
    this.shift(this.ownLength);
    this.cameBack = true;
    // Even where the copy could be an answer (24 coils that spell the question), one in millions is.
    this.hasLearnedEcho = true;
    this.listener.echo();
  }

  /** How long an answer to `ask` starting here would be; 0 when none can start here, or too little is known yet. */
  private frameLength(ask: Ask, at: number): number {
    const code = ask.question.pdu[0]!;
    if (this.kept[at] !== ask.unit) return 0;
    if (this.kept[at + 1] === (code | 0x80)) return 5;
    if (this.kept[at + 1] !== code) return 0;
    return code === functions.encapsulated ? this.identityLength(at) : ask.question.answerLength + 3;
  }

  private identityLength(at: number): number {
    if (at + 8 > this.keptLength) return 0;
    let end = at + 8;
    for (let left = this.kept[at + 7]!; left > 0; left--) {
      if (end + 2 > this.keptLength) return 0;
      end += 2 + this.kept[end + 1]!;
    }
    return end - at + 2 <= longestFrame ? end - at + 2 : 0;
  }

  private unasked(count: number): void {
    this.listener.late();
    this.skipped += count;
  }

  private drop(count: number): void {
    if (count === 0) return;
    this.shift(count);
    this.skipped += count;
    this.listener.garbage(count);
  }

  private shift(count: number): void {
    this.kept.copy(this.kept, 0, count, this.keptLength);
    this.keptLength -= count;
  }
}

/** CRC-16 with the reversed polynomial 0xa001, low byte first on the wire. */
export function checksum(bytes: Buffer, start: number, end: number): number {
  let sum = 0xffff;
  for (let at = start; at < end; at++) {
    sum ^= bytes[at]!;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >> 1) ^ 0xa001 : sum >> 1;
  }
  return sum;
}
