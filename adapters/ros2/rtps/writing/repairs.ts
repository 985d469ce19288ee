import type { Destinations } from "./destinations.ts";
import { datagramBytes, fragmentBytes, fragmentCount, fragmentSource } from "./fragments.ts";
import type { Change, History } from "./history.ts";
import { dataOverhead, timestampBytes, type MessageWriter } from "../wire/message-writer.ts";
import type { ReaderProxy } from "./reader-proxy.ts";
import { headerBytes, type NackFragments } from "../wire/submessage.ts";
import type { WriterContext, WriterStats } from "./writer-types.ts";

/** A fragmented sample, or a set of its fragments, is not sent to one reader again within this time. */
const sameAgainMs = 30;
/** What one request for repair may cost us, whatever it asks for. */
const bytesPerRequest = 1 << 20;
/** Recent large repairs remembered; beyond it the memory starts anew. */
const maxRemembered = 1000;
const gapBytes = 32;

interface Repairing {
  readonly entityId: number;
  readonly history: History;
  readonly stats: WriterStats;
  heartbeat(reader: ReaderProxy, final: boolean): void;
}

/** Answers requests for repair with the samples themselves, or with a GAP where they are gone. */
export class Repairs {
  private readonly writer: Repairing;
  private readonly destinations: Destinations;
  private readonly context: WriterContext;
  private readonly recent = new Map<string, number>();

  constructor(writer: Repairing, destinations: Destinations, context: WriterContext) {
    this.writer = writer;
    this.destinations = destinations;
    this.context = context;
  }

  /** `missing` ascends. Numbers beyond our last are a mistake of the asker and ignored. */
  resend(reader: ReaderProxy, missing: readonly number[]): void {
    const packets = new RepairPackets(this.context, reader);
    let left = bytesPerRequest;
    let gap: { start: number; before: number } | undefined;
    const closeGap = () => {
      if (gap !== undefined) packets.room(gapBytes).gap(reader.readerId, this.writer.entityId, gap.start, gap.before);
      gap = undefined;
    };
    for (const sequence of missing) {
      if (sequence > this.writer.history.last || left <= 0) break;
      const change = this.repairable(reader, sequence);
      if (change === undefined) {
        if (gap !== undefined && gap.before === sequence) gap.before++;
        else {
          closeGap();
          gap = { start: sequence, before: sequence + 1 };
        }
        continue;
      }
      closeGap();
      left -= change.payload.length;
      if (change.payload.length > fragmentBytes) this.resendWhole(reader, change);
      else this.appendData(packets, reader, change);
    }
    closeGap();
    packets.flush();
  }

  resendFragments(reader: ReaderProxy, nack: NackFragments): void {
    const change = this.writer.history.get(nack.sequence);
    if (change === undefined) {
      this.resend(reader, [nack.sequence]);
      return;
    }
    const last = fragmentCount(change.payload.length);
    const numbers = nack.missing.filter((number) => number >= 1 && number <= last);
    if (numbers.length === 0 || !this.isDue(`${reader.guid}/${nack.sequence}/${numbers[0]}`)) return;
    this.queueFragments(reader, change, numbers);
  }

  private repairable(reader: ReaderProxy, sequence: number): Change | undefined {
    if (sequence <= reader.startsAfter) return undefined;
    const change = this.writer.history.get(sequence);
    if (change === undefined || change.expiresMs > this.context.env.monoMs()) return change;
    this.writer.stats.expired++;
    return undefined;
  }

  private appendData(packets: RepairPackets, reader: ReaderProxy, change: Change): void {
    const bytes = timestampBytes + dataOverhead + (change.inline?.length ?? 0) + change.payload.length;
    const message = packets.room(bytes);
    message.timestamp(change.sourceTimeUs);
    message.data(reader.readerId, this.writer.entityId, change.sequence, change.payload, change.inline, change.keyOnly);
    this.writer.stats.repaired++;
  }

  private resendWhole(reader: ReaderProxy, change: Change): void {
    if (!this.isDue(`${reader.guid}/${change.sequence}`)) return;
    const count = fragmentCount(change.payload.length);
    this.queueFragments(
      reader,
      change,
      Array.from({ length: count }, (_, i) => i + 1),
    );
  }

  private queueFragments(reader: ReaderProxy, change: Change, numbers: readonly number[]): void {
    const { outbox, queue } = this.context;
    const source = fragmentSource(outbox, this.destinations.only(reader), change, numbers, () => this.writer.heartbeat(reader, false));
    if (queue.add(this.writer.entityId, source)) this.writer.stats.repaired++;
  }

  private isDue(what: string): boolean {
    const now = this.context.env.monoMs();
    if (now - (this.recent.get(what) ?? -Infinity) < sameAgainMs) return false;
    if (this.recent.size >= maxRemembered) this.recent.clear();
    this.recent.set(what, now);
    return true;
  }
}

/** Fills datagrams for one reader and sends each when the next submessage does not fit. */
class RepairPackets {
  private message: MessageWriter | undefined;
  private readonly context: WriterContext;
  private readonly reader: ReaderProxy;

  constructor(context: WriterContext, reader: ReaderProxy) {
    this.context = context;
    this.reader = reader;
  }

  room(bytes: number): MessageWriter {
    if (this.message !== undefined && !this.message.fits(bytes)) this.flush();
    this.message ??= this.context.outbox.message(Math.max(datagramBytes, headerBytes + 16 + bytes)).destination(this.reader.link.prefix);
    return this.message;
  }

  flush(): void {
    if (this.message !== undefined) this.context.outbox.send(this.message, this.reader.link);
    this.message = undefined;
  }
}
