import type { Environment } from "./environment.ts";

/** Something that takes many packets to send, one at a time. */
export interface PacketSource {
  /** Bytes still to be sent when it is queued. */
  readonly bytes: number;
  /** Sends one packet and tells whether there is more. */
  sendNext(): boolean;
}

/** Packets sent before whatever has arrived meanwhile gets its turn. */
const packetsPerTurn = 32;

/**
 * Sends large samples a slice at a time, so that neither the other topics nor the reading of acknowledgements waits for a
 * megabyte. Writers take turns; what one writer queued keeps its order.
 */
export class OutboundQueue {
  private readonly lanes = new Map<number, PacketSource[]>();
  private readonly env: Environment;
  private readonly limit: number;
  private queuedBytes = 0;
  private running = false;
  /** Sources that did not fit. */
  refusals = 0;

  constructor(env: Environment, limit: number) {
    this.env = env;
    this.limit = limit;
  }

  isBusy(lane: number): boolean {
    return this.lanes.has(lane);
  }

  /** Queues the source behind the others of its lane; false when the bound on bytes is reached. */
  add(lane: number, source: PacketSource): boolean {
    if (this.queuedBytes + source.bytes > this.limit) {
      this.refusals++;
      return false;
    }
    this.queuedBytes += source.bytes;
    const sources = this.lanes.get(lane);
    if (sources === undefined) this.lanes.set(lane, [source]);
    else sources.push(source);
    if (!this.running) {
      this.running = true;
      this.turn();
    }
    return true;
  }

  clear(lane: number): void {
    const sources = this.lanes.get(lane) ?? [];
    for (const source of sources) this.queuedBytes -= source.bytes;
    sources.length = 0;
    this.lanes.delete(lane);
  }

  private turn(): void {
    for (let sent = 0; sent < packetsPerTurn && this.lanes.size > 0;) {
      for (const [lane, sources] of [...this.lanes]) {
        const source = sources[0];
        sent++;
        if (source === undefined || source.sendNext()) continue;
        // What it told when it was finished may have cleared the lane.
        if (sources.shift() !== undefined) this.queuedBytes -= source.bytes;
        if (sources.length === 0) this.lanes.delete(lane);
      }
    }
    if (this.lanes.size > 0) this.env.soon(() => this.turn());
    else this.running = false;
  }
}
