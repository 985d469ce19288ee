import type { TableName } from "../modbus/bank.ts";
import type { ReadEntry } from "./entry.ts";

const tables: readonly TableName[] = ["coil", "discrete", "input", "holding"];

/** A full answer has at most 250 data bytes; a cell keeps them all. */
const cellBytes = 250;

/**
 * The last answers a unit gave, in columns: a bench reads tens of thousands of times a second, and an object for each
 * would be most of the work. Nothing is decoded until someone asks.
 */
export class ReadRing {
  readonly capacity: number;
  /** Entries ever put in; those before `count - capacity` are forgotten. */
  count = 0;
  readonly #index: Float64Array;
  readonly #at: Float64Array;
  readonly #sequence: Float64Array;
  readonly #table: Uint8Array;
  readonly #start: Uint16Array;
  readonly #quantity: Uint16Array;
  readonly #length: Uint8Array;
  readonly #bytes: Buffer;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#index = new Float64Array(capacity);
    this.#at = new Float64Array(capacity);
    this.#sequence = new Float64Array(capacity);
    this.#table = new Uint8Array(capacity);
    this.#start = new Uint16Array(capacity);
    this.#quantity = new Uint16Array(capacity);
    this.#length = new Uint8Array(capacity);
    this.#bytes = Buffer.alloc(capacity * cellBytes);
  }

  push(
    index: number,
    at: number,
    sequence: number,
    table: TableName,
    start: number,
    quantity: number,
    bytes: Buffer,
    from: number,
    to: number,
  ): void {
    const cell = this.count % this.capacity;
    this.count++;
    this.#index[cell] = index;
    this.#at[cell] = at;
    this.#sequence[cell] = sequence;
    this.#table[cell] = tables.indexOf(table);
    this.#start[cell] = start;
    this.#quantity[cell] = quantity;
    this.#length[cell] = bytes.copy(this.#bytes, cell * cellBytes, from, to);
  }

  /** Kept entries with an index of at least `from`, oldest first, at most `limit`. */
  entries(from: number, limit: number): ReadEntry[] {
    const found: ReadEntry[] = [];
    for (let number = this.#firstAtLeast(from); number < this.count && found.length < limit; number++)
      found.push(this.#entry(number % this.capacity));
    return found;
  }

  /** Indices only grow, so the first one asked for is found by halving. */
  #firstAtLeast(from: number): number {
    let low = Math.max(0, this.count - this.capacity);
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#index[middle % this.capacity] ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #entry(cell: number): ReadEntry {
    const offset = cell * cellBytes;
    return {
      kind: "read",
      index: this.#index[cell] ?? 0,
      at: this.#at[cell] ?? 0,
      sequence: this.#sequence[cell] ?? 0,
      table: tables[this.#table[cell] ?? 0] ?? "input",
      start: this.#start[cell] ?? 0,
      quantity: this.#quantity[cell] ?? 0,
      hex: this.#bytes.toString("hex", offset, offset + (this.#length[cell] ?? 0)),
    };
  }
}
