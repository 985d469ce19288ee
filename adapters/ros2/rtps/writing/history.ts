import type { Limits } from "../limits.ts";
import type { Qos } from "../qos.ts";

/** One sample of ours as it is kept for repair. */
export interface Change {
  readonly sequence: number;
  readonly sourceTimeUs: number;
  readonly payload: Uint8Array;
  readonly inline: Buffer | undefined;
  /** The payload holds the key only: the instance is disposed. */
  readonly keyOnly: boolean;
  /** On the monotonic clock; past it the sample is no longer repaired. */
  readonly expiresMs: number;
}

/** What one writer still has. Ascending by number; holes are lawful and answered with a GAP. */
export class History {
  private readonly changes = new Map<number, Change>();
  /** The newest change of each instance, for writers whose samples have keys. */
  private readonly byKey = new Map<string, number>();
  private readonly qos: Qos;
  private readonly limits: Limits;
  private bytes = 0;
  last = 0;

  constructor(qos: Qos, limits: Limits) {
    this.qos = qos;
    this.limits = limits;
  }

  get size(): number {
    return this.changes.size;
  }

  /** The lowest number still here, or the one behind the last when nothing is. */
  get first(): number {
    const oldest = this.changes.keys().next();
    return oldest.done === true ? this.last + 1 : oldest.value;
  }

  get(sequence: number): Change | undefined {
    return this.changes.get(sequence);
  }

  /** Whether a keep-all history has room for one more, dropping what every reader has where that makes it. */
  makeRoom(bytes: number, acknowledged: number): boolean {
    if (this.qos.keep === "last") return true;
    while (this.isFull(bytes)) {
      const oldest = this.changes.keys().next();
      if (oldest.done === true || oldest.value > acknowledged) return false;
      this.drop(oldest.value);
    }
    return true;
  }

  /** Takes a change in. `key` replaces the change of the same instance; otherwise keep-last drops the oldest beyond its depth. */
  add(change: Change, key?: string): void {
    this.last = change.sequence;
    this.changes.set(change.sequence, change);
    this.bytes += change.payload.length;
    if (key !== undefined) {
      const previous = this.byKey.get(key);
      if (previous !== undefined) this.drop(previous);
      this.byKey.set(key, change.sequence);
      return;
    }
    if (this.qos.keep !== "last") return;
    while (this.changes.size > Math.max(this.qos.depth, 1) || (this.bytes > this.limits.historyBytes && this.changes.size > 1)) {
      this.drop(this.changes.keys().next().value!);
    }
  }

  /** Counts a number that was sent and not kept. */
  pass(sequence: number): void {
    this.last = sequence;
  }

  dropThrough(sequence: number): void {
    for (const oldest of this.changes.keys()) {
      if (oldest > sequence) return;
      this.drop(oldest);
    }
  }

  private isFull(bytes: number): boolean {
    return this.changes.size >= Math.max(this.qos.depth, 1) || this.bytes + bytes > this.limits.historyBytes;
  }

  private drop(sequence: number): void {
    const change = this.changes.get(sequence);
    if (change === undefined) return;
    this.bytes -= change.payload.length;
    this.changes.delete(sequence);
  }
}
