import { dataOverhead } from "../wire/message-writer.ts";
import type { OrderedInbox } from "./ordered-inbox.ts";
import type { Reassembly } from "./reassembly.ts";
import type { Sample } from "./sample.ts";
import { maxSetBits } from "../wire/sequence-set.ts";
import type { MatchedWriter, ProxyContext } from "./writer-proxy.ts";

/** Repairs come oldest first, at most this much at a time, and while it is under way not more often than this, or the repair itself overflows the socket buffer. */
const askedBytes = 512 << 10;
const leastBetweenMs = 5;
/** A sample of which a part arrived this recently is still under way and not asked for. */
const underWayMs = 4;
/** Numbers before the first sample seen that are asked for while nobody has said where the writer begins for us. */
const askedBeforeFirst = 64;
/** Fragment requests that share one round; each takes a submessage. */
const maxFragmentRequests = 16;

export interface Asked {
  readonly sent: boolean;
  /** When it makes sense to try again, where nothing was sent. */
  readonly againInMs: number;
}

/** Acknowledges and asks for repair on behalf of one proxy. */
export class RepairRequests {
  /** What a missing sample is likely to take, to keep a round within its bytes. */
  sampleBytes = 200;
  private readonly writer: MatchedWriter;
  private readonly context: ProxyContext;
  private readonly inbox: OrderedInbox<Sample>;
  private readonly reassembly: Reassembly;
  /** What the last round asked for and has not come yet: a sample number with the highest fragment asked for, or 0 for all of it. */
  private readonly awaited = new Map<number, number>();
  private askedMs = -Infinity;
  private count = 0;

  constructor(writer: MatchedWriter, context: ProxyContext, inbox: OrderedInbox<Sample>, reassembly: Reassembly) {
    this.writer = writer;
    this.context = context;
    this.inbox = inbox;
    this.reassembly = reassembly;
  }

  /**
   * Something arrived; true when with it the last round is complete. Fragments come in order where nothing else goes wrong, so the
   * highest one stands for the rest; what was lost again is found by the next round.
   */
  arrived(sequence: number, fragment = Infinity): boolean {
    const highest = this.awaited.get(sequence);
    if (highest === undefined || (fragment !== Infinity && (highest === 0 || fragment < highest))) return false;
    this.awaited.delete(sequence);
    return this.awaited.size === 0;
  }

  /** Tells the writer how far we are. `final: false` asks for a heartbeat in return. */
  acknowledge(final: boolean): void {
    this.sendAckNack([], final);
  }

  /** Asks for what is missing up to `last`. Where nothing needs asking, a heartbeat is still answered with how far we are. */
  ask(last: number, fromHeartbeat: boolean): Asked {
    const now = this.context.env.monoMs();
    const wait = this.askedMs + leastBetweenMs - now;
    if (wait > 0 && this.awaited.size > 0) return { sent: false, againInMs: wait };
    const { samples, fragments } = this.choose(last, now);
    if (samples.length === 0 && fragments.length === 0) {
      if (fromHeartbeat) this.acknowledge(true);
      return { sent: false, againInMs: underWayMs + 1 };
    }
    this.askedMs = now;
    this.awaited.clear();
    for (const sequence of samples) this.awaited.set(sequence, 0);
    for (const { sequence, parts } of fragments) this.awaited.set(sequence, parts.at(-1)!);
    this.context.stats.repairRequests++;
    this.sendAckNack(samples, true);
    for (const { sequence, parts } of fragments) this.sendNackFragments(sequence, parts);
    return { sent: true, againInMs: 0 };
  }

  /**
   * Asks for what came before the first sample we saw. A writer that gives no heartbeat on request still repairs or says with a gap
   * that there was nothing (Fast DDS: a request of nothing only puts its periodic heartbeat off).
   */
  askBefore(first: number): void {
    const from = Math.max(this.inbox.next, first - askedBeforeFirst);
    const numbers = Array.from({ length: first - from }, (_, i) => from + i);
    this.sendAckNack(numbers, false, from);
  }

  private choose(last: number, now: number): { samples: number[]; fragments: { sequence: number; parts: number[] }[] } {
    let bytes = askedBytes;
    const samples: number[] = [];
    const fragments: { sequence: number; parts: number[] }[] = [];
    for (const sequence of this.inbox.missing(last)) {
      const begun = this.reassembly.missing(sequence);
      if (begun === undefined) {
        samples.push(sequence);
        bytes -= this.sampleBytes;
      } else {
        if (now - begun.touchedMs > underWayMs) fragments.push({ sequence, parts: begun.parts });
        bytes -= begun.bytes;
        if (begun.parts.length === maxSetBits) break;
      }
      if (bytes <= 0 || fragments.length === maxFragmentRequests) break;
    }
    return { samples, fragments };
  }

  private sendAckNack(missing: readonly number[], final: boolean, base = this.inbox.next): void {
    const { outbox, readerId } = this.context;
    const message = outbox.message(128 + dataOverhead).destination(this.writer.link.prefix);
    message.ackNack(readerId, this.writer.writerId, base, missing, ++this.count, final);
    outbox.send(message, this.writer.link);
  }

  private sendNackFragments(sequence: number, parts: readonly number[]): void {
    const { outbox, readerId } = this.context;
    const message = outbox.message(128 + dataOverhead).destination(this.writer.link.prefix);
    message.nackFragments(readerId, this.writer.writerId, sequence, parts, ++this.count);
    outbox.send(message, this.writer.link);
  }
}
