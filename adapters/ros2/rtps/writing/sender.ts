import type { Qos } from "../qos.ts";
import { Batch, type Beat } from "./batch.ts";
import type { Destinations } from "./destinations.ts";
import { fragmentBytes, fragmentCount, fragmentSource } from "./fragments.ts";
import type { Change, History } from "./history.ts";
import { InFlight } from "./in-flight.ts";
import type { WriterContext, WriterStats } from "./writer-types.ts";

/** Samples after which a heartbeat rides along, so that acknowledgements keep up with a fast writer. */
const samplesPerHeartbeat = 64;

export interface SenderParts {
  readonly entityId: number;
  readonly qos: Qos;
  readonly history: History;
  readonly stats: WriterStats;
  readonly destinations: Destinations;
  readonly context: WriterContext;
  /** A large sample has left whole. */
  largeSent(): void;
}

/** Sends new samples of one writer to everybody, in their order: small ones at once, large ones a slice at a time. */
export class Sender {
  private readonly parts: SenderParts;
  private readonly batch: Batch;
  private readonly inFlight: InFlight;
  /** Heartbeats promise no more than this: a number still waiting to be sent would be asked for at once. */
  private sentUpTo = 0;
  private beats = 0;

  constructor(parts: SenderParts) {
    const { context, destinations, entityId, qos } = parts;
    this.parts = parts;
    this.inFlight = new InFlight(context.env);
    const rides = qos.keep === "all" ? Math.min(samplesPerHeartbeat, qos.depth >> 2) : samplesPerHeartbeat;
    this.batch = new Batch(context.outbox, destinations, entityId, rides, () => this.beat());
  }

  /** What a heartbeat says now. */
  beat(lowest = 0): Beat {
    const first = Math.max(this.parts.history.first, lowest);
    return { first, last: Math.max(this.sentUpTo, first - 1), count: ++this.beats };
  }

  /** Nobody is there to send it to. */
  pass(sequence: number): void {
    this.sentUpTo = sequence;
  }

  send(change: Change): void {
    const { queue } = this.parts.context;
    const lane = this.parts.entityId;
    if (change.payload.length > fragmentBytes) {
      this.batch.flush();
      this.queueLarge(change);
    } else if (queue.isBusy(lane)) {
      // Behind the large sample that was written before it, so that best-effort readers get both.
      const queued = queue.add(lane, { bytes: change.payload.length, sendNext: () => (this.append(change), this.batch.flush(), false) });
      if (!queued) this.leaveToRepair(change);
    } else this.append(change);
  }

  flush(): void {
    this.batch.flush();
  }

  acknowledged(sequence: number): void {
    this.inFlight.acknowledged(sequence);
    this.parts.context.queue.wake();
  }

  hasRoom(bytes: number): boolean {
    return this.parts.context.queue.hasRoom(bytes + fragmentBytes);
  }

  private append(change: Change): void {
    this.sentUpTo = change.sequence;
    this.batch.append(change);
  }

  private queueLarge(change: Change): void {
    const { context, destinations, entityId } = this.parts;
    const all = { from: 1, to: fragmentCount(change.payload.length) };
    const sent = () => {
      this.sentUpTo = change.sequence;
      if (destinations.reliableReaders > 0) this.inFlight.sent(change.sequence, change.payload.length);
      this.parts.largeSent();
    };
    const source = fragmentSource(context.outbox, destinations.everybody(), change, all, sent, () => this.inFlight.hasRoom());
    if (!context.queue.add(entityId, source)) this.leaveToRepair(change);
  }

  /** The queue is full: reliable readers will ask for it, best-effort ones do without. */
  private leaveToRepair(change: Change): void {
    this.parts.stats.refused++;
    this.sentUpTo = change.sequence;
  }
}
