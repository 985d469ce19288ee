import type { Cancel, Environment } from "../environment.ts";

/** Something that takes many packets to send, one at a time. */
export interface PacketSource {
  /** Bytes still to be sent when it is queued. */
  readonly bytes: number;
  /** Asked before the first packet. While it says no, its lane waits and is asked again. */
  readonly mayBegin?: () => boolean;
  /** Sends one packet and tells whether there is more. */
  sendNext(): boolean;
}

interface Lane {
  readonly sources: PacketSource[];
  begun: boolean;
}

/** Packets sent before whatever has arrived meanwhile gets its turn. */
const packetsPerTurn = 32;
/** How soon a source that may not begin is asked again, when nobody says earlier that something changed. */
const askAgainMs = 2;

/**
 * Sends large samples a slice at a time, so that neither the other topics nor the reading of acknowledgements waits for a
 * megabyte. Writers take turns; what one writer queued keeps its order.
 */
export class OutboundQueue {
  private readonly lanes = new Map<number, Lane>();
  private readonly env: Environment;
  private readonly limit: number;
  private queuedBytes = 0;
  private running = false;
  private pause: Cancel | undefined;
  /** Sources that did not fit. */
  refusals = 0;

  constructor(env: Environment, limit: number) {
    this.env = env;
    this.limit = limit;
  }

  isBusy(lane: number): boolean {
    return this.lanes.has(lane);
  }

  hasRoom(bytes: number): boolean {
    return this.queuedBytes + bytes <= this.limit;
  }

  /** Queues the source behind the others of its lane; false when the bound on bytes is reached. */
  add(id: number, source: PacketSource): boolean {
    if (!this.hasRoom(source.bytes)) {
      this.refusals++;
      return false;
    }
    this.queuedBytes += source.bytes;
    const lane = this.lanes.get(id);
    if (lane === undefined) this.lanes.set(id, { sources: [source], begun: false });
    else lane.sources.push(source);
    if (!this.running) {
      this.running = true;
      this.turn();
    } else this.wake();
    return true;
  }

  clear(id: number): void {
    const sources = this.lanes.get(id)?.sources ?? [];
    for (const source of sources) this.queuedBytes -= source.bytes;
    sources.length = 0;
    this.lanes.delete(id);
  }

  /** Something changed that may let a waiting source begin. */
  wake(): void {
    if (this.pause === undefined) return;
    this.pause();
    this.pause = undefined;
    this.env.soon(() => this.turn());
  }

  private turn(): void {
    let sent = 0;
    let moved = true;
    while (sent < packetsPerTurn && moved) {
      moved = false;
      for (const [id, lane] of [...this.lanes]) {
        if (!this.step(id, lane)) continue;
        moved = true;
        sent++;
      }
    }
    if (this.lanes.size === 0) this.running = false;
    else if (moved) this.env.soon(() => this.turn());
    else {
      this.pause = this.env.after(askAgainMs, () => {
        this.pause = undefined;
        this.turn();
      });
    }
  }

  /** Sends one packet of the lane; false when its first source may not begin yet. */
  private step(id: number, lane: Lane): boolean {
    const source = lane.sources[0];
    if (source === undefined) return false;
    if (!lane.begun && source.mayBegin?.() === false) return false;
    lane.begun = true;
    if (source.sendNext()) return true;
    lane.begun = false;
    // What it told when it was finished may have cleared the lane.
    if (lane.sources.shift() !== undefined) this.queuedBytes -= source.bytes;
    if (lane.sources.length === 0) this.lanes.delete(id);
    return true;
  }
}
