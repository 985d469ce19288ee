import type { Timestamp } from "#msgs/time.ts";
import { grown } from "./columns.ts";

/** Keys above this are kept elsewhere: a column is as long as its highest key. */
const highestKey = 1 << 24;

export function isNumbered(key: number | string): key is number {
  return typeof key === "number" && key >= 0 && key < highestKey && Number.isInteger(key);
}

/**
 * The deadlines of one tap under whole numbers, in columns: a hundred thousand points that each move theirs every few seconds
 * would otherwise leave a hundred thousand objects behind each time. A binary heap of keys, and for each key where it stands
 * in it, so that moving one takes its old place away.
 */
export class NumberedDeadlines {
  readonly tap: string;
  #size = 0;
  #heap = new Uint32Array(0);
  #dues = new Float64Array(0);
  /** By key: one more than its place in the heap, 0 when it has none. */
  #places = new Uint32Array(0);

  constructor(tap: string) {
    this.tap = tap;
  }

  get size(): number {
    return this.#size;
  }

  /** The key that is due first; only when there is one. */
  get firstKey(): number {
    return this.#heap[0]!;
  }

  get firstDue(): Timestamp {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#dues[this.#heap[0]!]!;
  }

  set(due: Timestamp, key: number): void {
    if (key >= this.#dues.length) this.#widen(key + 1);
    const held = this.#places[key]!;
    if (held > 0 && this.#dues[key] === due) return;
    const isEarlier = held === 0 || due < this.#dues[key]!;
    this.#dues[key] = due;
    const place = held > 0 ? held - 1 : this.#size++;
    if (isEarlier) this.#rise(key, place);
    else this.#sink(key, place);
  }

  delete(key: number): void {
    const held = this.#places[key] ?? 0;
    if (held === 0) return;
    this.#places[key] = 0;
    const last = this.#heap[--this.#size]!;
    if (last === key) return;
    const place = held - 1;
    if (this.#isBefore(last, key)) this.#rise(last, place);
    else this.#sink(last, place);
  }

  /** All move by the same, so their order stays. */
  shift(byUs: number): void {
    for (let place = 0; place < this.#size; place++) this.#dues[this.#heap[place]!]! += byUs;
  }

  *entries(): Iterable<readonly [key: number, due: Timestamp]> {
    for (let place = 0; place < this.#size; place++) yield [this.#heap[place]!, this.#dues[this.#heap[place]!]!];
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#dues[a]!;
    const other = this.#dues[b]!;
    return one !== other ? one < other : a < b;
  }

  #rise(key: number, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(key, this.#heap[parent]!)) break;
      this.#put(this.#heap[parent]!, place);
      place = parent;
    }
    this.#put(key, place);
  }

  #sink(key: number, from: number): void {
    const heap = this.#heap;
    let place = from;
    for (let child = 2 * place + 1; child < this.#size; child = 2 * place + 1) {
      if (child + 1 < this.#size && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#isBefore(heap[child]!, key)) break;
      this.#put(heap[child]!, place);
      place = child;
    }
    this.#put(key, place);
  }

  #put(key: number, place: number): void {
    this.#heap[place] = key;
    this.#places[key] = place + 1;
  }

  #widen(atLeast: number): void {
    const size = grown(this.#dues.length, atLeast);
    const [heap, dues, places] = [new Uint32Array(size), new Float64Array(size), new Uint32Array(size)];
    heap.set(this.#heap);
    dues.set(this.#dues);
    places.set(this.#places);
    this.#heap = heap;
    this.#dues = dues;
    this.#places = places;
  }
}
