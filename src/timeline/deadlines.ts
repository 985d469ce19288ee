import type { DeadlineKey } from "#src/contract/bus.ts";
import type { Timestamp } from "#msgs/time.ts";

/** One promise to run a tap at an instant. */
export interface Deadline {
  readonly due: Timestamp;
  readonly tap: string;
  readonly key: DeadlineKey;
}

/**
 * All deadlines of a timeline, ordered by (due, tap, key) so that equal instants run in one order wherever they are run.
 * Moving or cancelling leaves the old entry in the heap, which is passed over when it comes up: the map says what holds.
 */
export class Deadlines {
  #heap: Deadline[] = [];
  readonly #holds = new Map<string, Map<DeadlineKey, Timestamp>>();

  set(due: Timestamp, tap: string, key: DeadlineKey): void {
    let keys = this.#holds.get(tap);
    if (!keys) this.#holds.set(tap, (keys = new Map()));
    if (keys.get(key) === due) return;
    keys.set(key, due);
    this.#push({ due, tap, key });
  }

  cancel(tap: string, key: DeadlineKey): void {
    this.#holds.get(tap)?.delete(key);
  }

  /** The earliest that still holds, left where it is. */
  first(): Deadline | undefined {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      if (this.#holds.get(top.tap)?.get(top.key) === top.due) return top;
      this.#pop();
    }
    return undefined;
  }

  /** Takes the earliest off if it is due at or before `to`. */
  take(to: Timestamp): Deadline | undefined {
    const top = this.first();
    if (!top || top.due > to) return undefined;
    this.#pop();
    this.#holds.get(top.tap)!.delete(top.key);
    return top;
  }

  /** Time went by that nobody lived through: what was two seconds away still is. */
  shift(byUs: number): void {
    const all = this.all();
    this.clear();
    for (const { due, tap, key } of all) this.set(due + byUs, tap, key);
  }

  all(): readonly Deadline[] {
    const list: Deadline[] = [];
    for (const [tap, keys] of this.#holds) for (const [key, due] of keys) list.push({ due, tap, key });
    return list.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  clear(): void {
    this.#heap = [];
    this.#holds.clear();
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
