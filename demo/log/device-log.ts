import type { TableName } from "../modbus/bank.ts";
import type { DeliveredEntry, LogEntry, PublishEntry, ReadEntry, ToldEntry } from "./entry.ts";
import { ReadRing } from "./read-ring.ts";

/** Where finished entries also go: a file of JSON lines, when there is one. */
export type LogSink = (device: string, entry: LogEntry) => void;

export interface LogCounters {
  device: string;
  /** Answers or messages handed over. */
  handedOver: number;
  told: number;
  refused: number;
  /** Entries that were made and are no longer in memory. */
  forgotten: number;
  nextIndex: number;
}

export interface LogLimits {
  reads: number;
  others: number;
}

export const logLimits: LogLimits = { reads: 20_000, others: 20_000 };

/**
 * What one device handed over and what it was told, in its own words: the oracle that tests hold the gateway against. It
 * keeps the last entries in memory and counts all of them; with a sink every entry is also written down.
 */
export class DeviceLog {
  readonly device: string;
  handedOver = 0;
  told = 0;
  refused = 0;
  #nextIndex = 1;
  #reads: ReadRing | null = null;
  #others: (PublishEntry | DeliveredEntry | ToldEntry)[] = [];
  #otherCount = 0;
  readonly #now: () => number;
  readonly #sink: LogSink | null;
  readonly #limits: LogLimits;

  constructor(device: string, now: () => number, sink: LogSink | null, limits: LogLimits = logLimits) {
    this.device = device;
    this.#now = now;
    this.#sink = sink;
    this.#limits = limits;
  }

  read(sequence: number, table: TableName, start: number, quantity: number, bytes: Buffer, from: number, to: number): void {
    this.handedOver++;
    const index = this.#nextIndex++;
    const at = this.#now();
    // A device that is never read over Modbus needs no ring.
    this.#reads ??= new ReadRing(this.#limits.reads);
    this.#reads.push(index, at, sequence, table, start, quantity, bytes, from, to);
    if (this.#sink === null) return;
    const entry: ReadEntry = { kind: "read", index, at, sequence, table, start, quantity, hex: bytes.toString("hex", from, to) };
    this.#sink(this.device, entry);
  }

  published(sequence: number, topic: string, payload: string): void {
    this.handedOver++;
    this.#keep({ kind: "publish", index: this.#nextIndex++, at: this.#now(), sequence, topic, payload });
  }

  delivered(client: string, topic: string, payload: string): void {
    this.handedOver++;
    this.#keep({ kind: "delivered", index: this.#nextIndex++, at: this.#now(), client, topic, payload });
  }

  wasTold(told: Omit<ToldEntry, "kind" | "index" | "at">): void {
    this.told++;
    if (told.outcome === "refused") this.refused++;
    this.#keep({ kind: "told", index: this.#nextIndex++, at: this.#now(), ...told });
  }

  /** Entries from an index on, in order. Ask again from the last index plus one to read on. */
  entries(from = 0, limit = 1000): LogEntry[] {
    const reads = this.#reads?.entries(from, limit) ?? [];
    const others = this.#others.filter((entry) => entry.index >= from).slice(0, limit);
    return [...reads, ...others].sort((one, other) => one.index - other.index).slice(0, limit);
  }

  counters(): LogCounters {
    const kept = Math.min(this.#reads?.count ?? 0, this.#limits.reads) + this.#others.length;
    return {
      device: this.device,
      handedOver: this.handedOver,
      told: this.told,
      refused: this.refused,
      forgotten: (this.#reads?.count ?? 0) + this.#otherCount - kept,
      nextIndex: this.#nextIndex,
    };
  }

  #keep(entry: PublishEntry | DeliveredEntry | ToldEntry): void {
    this.#others.push(entry);
    this.#otherCount++;
    // Cutting in large pieces keeps the price of forgetting small.
    if (this.#others.length > 1.5 * this.#limits.others) this.#others = this.#others.slice(-this.#limits.others);
    this.#sink?.(this.device, entry);
  }
}
