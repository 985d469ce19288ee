import { Destinations } from "./destinations.ts";
import { toGuid, type Guid, type GuidPrefix } from "../wire/guid.ts";
import { HeartbeatPacer } from "./heartbeat-pacer.ts";
import { History, type Change } from "./history.ts";
import { heartbeatBytes } from "../wire/message-writer.ts";
import type { Channel } from "../net/network.ts";
import { ReaderProxy, type MatchedReader } from "./reader-proxy.ts";
import { Repairs } from "./repairs.ts";
import { Sender } from "./sender.ts";
import { headerBytes, type AckNack, type NackFragments } from "../wire/submessage.ts";
import type { Qos } from "../qos.ts";
import type { WriterContext, WriterStats, WriteOptions } from "./writer-types.ts";

export interface LocalWriterOptions {
  readonly prefix: GuidPrefix;
  readonly entityId: number;
  readonly topic: string;
  readonly type: string;
  readonly qos: Qos;
  readonly channel: Channel;
}

/** One of our writers: keeps history, sends, reminds, repairs. */
export class LocalWriter {
  readonly guid: Guid;
  readonly entityId: number;
  readonly topic: string;
  readonly type: string;
  readonly qos: Qos;
  readonly stats: WriterStats = { written: 0, bytes: 0, refused: 0, repaired: 0, expired: 0 };
  readonly history: History;
  readonly readers = new Map<Guid, ReaderProxy>();
  private readonly context: WriterContext;
  private readonly destinations: Destinations;
  private readonly repairs: Repairs;
  private readonly pacer: HeartbeatPacer;
  private readonly sender: Sender;
  private wantedBytes = 0;
  private waiters: (() => void)[] = [];
  private isClosed = false;

  constructor(options: LocalWriterOptions, context: WriterContext) {
    this.guid = toGuid(options.prefix, options.entityId);
    this.entityId = options.entityId;
    this.topic = options.topic;
    this.type = options.type;
    this.qos = options.qos;
    this.context = context;
    this.history = new History(options.qos, context.limits);
    this.destinations = new Destinations(options.entityId, options.channel, this.readers);
    this.repairs = new Repairs(this, this.destinations, context);
    const { entityId, qos, history, stats, destinations } = this;
    const largeSent = () => {
      this.remind();
      this.wake();
    };
    this.sender = new Sender({ entityId, qos, history, stats, destinations, context, largeSent });
    this.pacer = new HeartbeatPacer(context.env, () => this.remind());
  }

  /**
   * Sends a serialised value and returns its number, or `undefined` when a keep-all history is full: wait for `room()` then.
   * What is written in one turn of the event loop shares datagrams. The payload is copied.
   */
  write(payload: Uint8Array, options: WriteOptions = {}): number | undefined {
    if (payload.length > this.context.limits.sampleBytes) throw new RangeError(`sample of ${payload.length} bytes`);
    if (this.isClosed || !this.hasRoom(payload.length)) {
      this.stats.refused++;
      this.wantedBytes = payload.length;
      return undefined;
    }
    const change = this.toChange(payload, options);
    if (this.isKept()) this.history.add(change, options.key);
    else this.history.pass(change.sequence);
    this.stats.written++;
    this.stats.bytes += payload.length;
    this.context.wrote?.();
    if (this.destinations.reliableReaders > 0) this.pacer.tell("owed");
    if (this.readers.size > 0) this.sender.send(change);
    else this.sender.pass(change.sequence);
    return change.sequence;
  }

  /** Resolves when there is room for the write that was last refused, at once where there is. */
  async room(): Promise<void> {
    while (!this.isClosed && !this.hasRoom(this.wantedBytes)) await this.progress();
  }

  /** Whether every reliable reader had everything before the time was up. */
  async acknowledged(withinMs: number): Promise<boolean> {
    const everything = this.history.last;
    let late = false;
    const cancel = this.context.env.after(withinMs, () => {
      late = true;
      this.wake();
    });
    while (!late && !this.isClosed && this.lowestAcknowledged() < everything) await this.progress();
    cancel();
    return this.lowestAcknowledged() >= everything;
  }

  /** Samples that some reliable reader has not acknowledged. */
  get unacknowledged(): number {
    return this.history.last - this.lowestAcknowledged();
  }

  /** Matched readers that are known to have found us; what is written before that may pass a volatile reader by. */
  get listening(): number {
    let count = 0;
    for (const { isListening } of this.readers.values()) if (isListening) count++;
    return count;
  }

  match(matched: MatchedReader): void {
    if (this.readers.has(matched.guid)) return;
    // What was written before must not ride in the same datagram to a reader that starts after it.
    this.sender.flush();
    const reader = new ReaderProxy(matched, this.history.last);
    this.readers.set(matched.guid, reader);
    this.destinations.readersChanged();
    if (!reader.reliable) return;
    this.heartbeat(reader, false);
    if (reader.owes(this.history.last)) this.pacer.tell("owed");
  }

  unmatch(guid: Guid): void {
    if (!this.readers.delete(guid)) return;
    this.destinations.readersChanged();
    this.settle();
  }

  /** A matched participant is reached by another route from now on. */
  routesChanged(): void {
    this.destinations.readersChanged();
  }

  onAckNack(guid: Guid, ack: AckNack): void {
    const reader = this.readers.get(guid);
    if (reader === undefined || !reader.reliable) return;
    const isNew = !reader.isListening;
    reader.isListening = true;
    const acknowledged = Math.min(ack.base - 1, this.history.last);
    if (acknowledged > reader.acknowledged) {
      reader.acknowledged = acknowledged;
      this.pacer.tell("progress");
      this.settle();
    } else if (isNew) this.settle();
    if (ack.missing.length > 0) this.repairs.resend(reader, ack.missing);
    if (ack.missing.length > 0 || !ack.final) this.heartbeat(reader, !reader.owes(this.history.last));
  }

  onNackFragments(guid: Guid, nack: NackFragments): void {
    const reader = this.readers.get(guid);
    if (reader !== undefined) this.repairs.resendFragments(reader, nack);
  }

  heartbeat(reader: ReaderProxy, final: boolean): void {
    const { outbox } = this.context;
    const message = outbox.message(headerBytes + 16 + heartbeatBytes).destination(reader.link.prefix);
    message.heartbeat(reader.readerId, this.entityId, { ...this.sender.beat(reader.startsAfter + 1), final });
    outbox.send(message, reader.link);
  }

  /** Says "alive" to readers that asked for manual liveliness, without a sample. */
  assertLiveliness(): void {
    const message = this.context.outbox.message(headerBytes + heartbeatBytes);
    message.heartbeat(0, this.entityId, { ...this.sender.beat(), final: true, liveliness: true });
    for (const route of this.destinations.routes()) this.context.outbox.sendTo(message, route, this.destinations.channel);
  }

  close(): void {
    this.sender.flush();
    this.isClosed = true;
    this.pacer.tell("close");
    this.context.queue.clear(this.entityId);
    this.wake();
  }

  /** Keep-all waits for readers, and for the queue of large samples; keep-last always has room. */
  private hasRoom(bytes: number): boolean {
    if (this.qos.keep === "last") return true;
    return this.history.makeRoom(bytes, this.lowestAcknowledged()) && this.sender.hasRoom(bytes);
  }

  private toChange(payload: Uint8Array, options: WriteOptions): Change {
    const { env } = this.context;
    // Cyclone DDS drops a DATA whose payload is not a multiple of four; the option bits of the encapsulation say how much is padding.
    const pad = (4 - (payload.length % 4)) % 4;
    const copy = Buffer.allocUnsafe(payload.length + pad);
    copy.set(payload);
    if (pad > 0) {
      copy.fill(0, payload.length);
      copy[3] = (copy[3]! & ~3) | pad;
    }
    return {
      sequence: this.history.last + 1,
      sourceTimeUs: options.sourceTimeUs ?? env.wallUs(),
      payload: copy,
      inline: options.inline,
      keyOnly: options.keyOnly ?? false,
      expiresMs: this.qos.lifespanMs === Infinity ? Infinity : env.monoMs() + this.qos.lifespanMs,
    };
  }

  /** Somebody may ask for it again: a reliable reader that is here, or one that comes later and wants history. */
  private isKept(): boolean {
    if (this.qos.durability !== "volatile") return true;
    return this.destinations.reliableReaders > 0;
  }

  private remind(): void {
    for (const reader of this.readers.values()) if (reader.owes(this.history.last)) this.heartbeat(reader, false);
  }

  private lowestAcknowledged(): number {
    let lowest = this.history.last;
    for (const reader of this.readers.values()) if (reader.reliable && reader.acknowledged < lowest) lowest = reader.acknowledged;
    return lowest;
  }

  /** Readers have moved on or left: history that nobody can ask for any more goes, and whoever waits looks again. */
  private settle(): void {
    const acknowledged = this.lowestAcknowledged();
    if (this.qos.durability === "volatile") this.history.dropThrough(acknowledged);
    this.sender.acknowledged(acknowledged);
    if (acknowledged >= this.history.last && this.listening === this.readers.size) this.pacer.tell("acknowledged");
    this.wake();
  }

  private progress(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  private wake(): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const resume of waiters) resume();
  }
}
