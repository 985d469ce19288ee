import type { DeadlineKey } from "#src/contract/bus.ts";
import type { Timestamp } from "#msgs/time.ts";
import { NumberedDeadlines, isNumbered } from "./numbered-deadlines.ts";

/** One promise to run a tap at an instant. */
export interface Deadline {
  readonly due: Timestamp;
  readonly tap: string;
  readonly key: DeadlineKey;
}

/**
 * All deadlines of a timeline, ordered by (due, tap, key) so that equal instants run in one order wherever they are run.
 * Those under whole numbers, which are nearly all, lie in columns. The few others are objects in a heap of their own, where
 * moving or cancelling leaves the old entry, which is passed over when it comes up: the map says what holds.
 */
export class Deadlines {
  readonly #numbered: NumberedDeadlines[] = [];
  #heap: Deadline[] = [];
  readonly #holds = new Map<string, Map<DeadlineKey, Timestamp>>();

  set(due: Timestamp, tap: string, key: DeadlineKey): void {
    if (isNumbered(key)) return this.#numberedOf(tap).set(due, key);
    let keys = this.#holds.get(tap);
    if (!keys) this.#holds.set(tap, (keys = new Map()));
    if (keys.get(key) === due) return;
    keys.set(key, due);
    this.#push({ due, tap, key });
  }

  cancel(tap: string, key: DeadlineKey): void {
    if (isNumbered(key)) this.#numberedOf(tap).delete(key);
    else this.#holds.get(tap)?.delete(key);
  }

  /** When the earliest is due; Infinity when there is none. */
  get firstDue(): Timestamp {
    let due = this.#firstOther()?.due ?? Number.POSITIVE_INFINITY;
    for (const { firstDue } of this.#numbered) due = Math.min(due, firstDue);
    return due;
  }

  /** Takes the earliest off if it is due at or before `to`. */
  take(to: Timestamp): Deadline | undefined {
    const due = this.firstDue;
    if (due > to) return undefined;
    const numbered = this.#firstNumbered(due);
    const other = this.#firstOther();
    if (numbered && (!other || isBefore(numbered, other))) {
      this.#numberedOf(numbered.tap).delete(Number(numbered.key));
      return numbered;
    }
    if (!other) return undefined;
    this.#pop();
    this.#holds.get(other.tap)!.delete(other.key);
    return other;
  }

  /** Time went by that nobody lived through: what was two seconds away still is. */
  shift(byUs: number): void {
    for (const numbered of this.#numbered) numbered.shift(byUs);
    const others = this.#others();
    this.#heap = [];
    this.#holds.clear();
    for (const { due, tap, key } of others) this.set(due + byUs, tap, key);
  }

  all(): readonly Deadline[] {
    const list = this.#others();
    for (const numbered of this.#numbered) for (const [key, due] of numbered.entries()) list.push({ due, tap: numbered.tap, key });
    return list.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  clear(): void {
    this.#numbered.length = 0;
    this.#heap = [];
    this.#holds.clear();
  }

  #numberedOf(tap: string): NumberedDeadlines {
    for (const known of this.#numbered) if (known.tap === tap) return known;
    const made = new NumberedDeadlines(tap);
    this.#numbered.push(made);
    return made;
  }

  /** The first by name of those that are due then. */
  #firstNumbered(due: Timestamp): Deadline | undefined {
    let first: NumberedDeadlines | undefined;
    for (const numbered of this.#numbered)
      if (numbered.size > 0 && numbered.firstDue === due && (!first || numbered.tap < first.tap)) first = numbered;
    return first && { due, tap: first.tap, key: first.firstKey };
  }

  /** The earliest of the others that still holds, left where it is. */
  #firstOther(): Deadline | undefined {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      if (this.#holds.get(top.tap)?.get(top.key) === top.due) return top;
      this.#pop();
    }
    return undefined;
  }

  #others(): Deadline[] {
    const list: Deadline[] = [];
    for (const [tap, keys] of this.#holds) for (const [key, due] of keys) list.push({ due, tap, key });
    return list;
  }

  #push(entry: Deadline): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Deadline, b: Deadline): boolean {
  if (a.due !== b.due) return a.due < b.due;
  if (a.tap !== b.tap) return a.tap < b.tap;
  if (typeof a.key === typeof b.key) return a.key < b.key;
  return typeof a.key === "number";
}
