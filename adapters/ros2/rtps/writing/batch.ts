import { dataOverhead, heartbeatBytes, timestampBytes, type MessageWriter } from "../wire/message-writer.ts";
import { headerBytes } from "../wire/submessage.ts";
import type { Outbox } from "../net/outbox.ts";
import type { Destinations } from "./destinations.ts";
import { datagramBytes } from "./fragments.ts";
import type { Change } from "./history.ts";

/** What a heartbeat that rides along says. */
export interface Beat {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Small samples written in one turn of the event loop share datagrams, encoded once however many destinations there are. */
export class Batch {
  private readonly outbox: Outbox;
  private readonly destinations: Destinations;
  private readonly writerId: number;
  private readonly samplesPerHeartbeat: number;
  private readonly beat: () => Beat;
  private message: MessageWriter | undefined;
  private flushDue = false;
  private sinceHeartbeat = 0;

  constructor(outbox: Outbox, destinations: Destinations, writerId: number, samplesPerHeartbeat: number, beat: () => Beat) {
    this.outbox = outbox;
    this.destinations = destinations;
    this.writerId = writerId;
    this.samplesPerHeartbeat = samplesPerHeartbeat;
    this.beat = beat;
  }

  append(change: Change): void {
    const bytes = timestampBytes + dataOverhead + (change.inline?.length ?? 0) + change.payload.length;
    if (this.message !== undefined && !this.message.fits(bytes)) this.flush();
    this.message ??= this.outbox.message(Math.max(datagramBytes, headerBytes + bytes));
    this.message.timestamp(change.sourceTimeUs);
    this.message.data(0, this.writerId, change.sequence, change.payload, change.inline, change.keyOnly);
    this.sinceHeartbeat++;
    if (this.flushDue) return;
    this.flushDue = true;
    queueMicrotask(() => {
      this.flushDue = false;
      this.flush();
    });
  }

  flush(): void {
    const message = this.message;
    if (message === undefined) return;
    this.message = undefined;
    if (this.destinations.reliableReaders > 0 && this.sinceHeartbeat >= this.samplesPerHeartbeat && message.fits(heartbeatBytes)) {
      message.heartbeat(0, this.writerId, { ...this.beat(), final: false });
      this.sinceHeartbeat = 0;
    }
    for (const route of this.destinations.routes()) this.outbox.sendTo(message, route, this.destinations.channel);
  }
}
