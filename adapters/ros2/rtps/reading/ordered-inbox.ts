import type { MemoryBudget } from "./memory-budget.ts";
import { maxSetBits } from "../wire/sequence-set.ts";

export type Put = "delivered" | "held" | "duplicate" | "refused";

interface Range {
  readonly start: number;
  readonly before: number;
}

/** Ranges of irrelevant numbers remembered ahead of time; a further one is dropped and will be told again. */
const maxRanges = 256;

/**
 * Puts samples into the order of their numbers and hands each over once. Knows nothing of time or packets. Memory for what
 * is held out of order comes from a shared budget and is bounded in number too.
 */
export class OrderedInbox<Item> {
  /** The lowest number that is neither delivered nor given up. */
  next = 1;
  private readonly held = new Map<number, { readonly item: Item; readonly bytes: number }>();
  private irrelevant: Range[] = [];
  private readonly deliver: (item: Item) => void;
  private readonly budget: MemoryBudget;
  private readonly limit: number;

  constructor(deliver: (item: Item) => void, budget: MemoryBudget, limit: number) {
    this.deliver = deliver;
    this.budget = budget;
    this.limit = limit;
  }

  get heldCount(): number {
    return this.held.size;
  }

  /** Nothing below this number is wanted. What is held from there on is handed over as far as it is complete. */
  beginAt(sequence: number): void {
    for (const [number, { bytes }] of this.held) {
      if (number >= sequence) continue;
      this.held.delete(number);
      this.budget.give(bytes);
    }
    this.next = Math.max(this.next, sequence);
    this.drain();
  }

  /** The lowest number that is held; undefined when none is. */
  get firstHeld(): number | undefined {
    return this.held.size === 0 ? undefined : [...this.held.keys()].reduce((least, number) => Math.min(least, number));
  }

  /** Starts over at a number that may be lower than before, when a writer turns out to count anew. */
  restartAt(sequence: number): void {
    this.clear();
    this.next = sequence;
  }

  /** Whether the number needs nothing any more. */
  has(sequence: number): boolean {
    return sequence < this.next || this.held.has(sequence) || this.irrelevant.some((r) => sequence >= r.start && sequence < r.before);
  }

  /** `inOrder: false` holds the item back even when it is the next one, while it is not yet known where to begin. */
  put(sequence: number, item: Item, bytes: number, inOrder = true): Put {
    if (inOrder && sequence === this.next) {
      this.next++;
      this.deliver(item);
      if (this.held.size > 0 || this.irrelevant.length > 0) this.drain();
      return "delivered";
    }
    if (this.has(sequence)) return "duplicate";
    if (this.held.size >= this.limit || !this.budget.take(bytes)) return "refused";
    this.held.set(sequence, { item, bytes });
    return "held";
  }

  /** These numbers will never come: `start … before-1`. Returns how many of them were still waited for. */
  skip(start: number, before: number): number {
    if (before <= this.next) return 0;
    const from = Math.max(start, this.next);
    const known = this.knownBetween(from, before);
    if (start <= this.next) {
      // Everything held inside the range is still good, so it is delivered on the way.
      this.deliverHeldBelow(before);
      this.next = Math.max(this.next, before);
    } else if (this.irrelevant.length < maxRanges) this.irrelevant.push({ start, before });
    else return 0;
    this.drain();
    return Math.max(0, before - from - known);
  }

  /** Gives up what is still missing below `sequence` and returns how many samples that lost. */
  giveUpBelow(sequence: number): number {
    if (sequence <= this.next) return 0;
    const from = this.next;
    const known = this.knownBetween(from, sequence);
    this.deliverHeldBelow(sequence);
    this.next = Math.max(this.next, sequence);
    this.drain();
    return Math.max(0, sequence - from - known);
  }

  /** The lowest numbers up to `last` that are still missing, spanning no more than one set can carry. */
  missing(last: number): number[] {
    const numbers: number[] = [];
    const end = Math.min(last, this.next + maxSetBits - 1);
    for (let sequence = this.next; sequence <= end; sequence++) if (!this.has(sequence)) numbers.push(sequence);
    return numbers;
  }

  /** Forgets everything held and gives its memory back. */
  clear(): void {
    for (const { bytes } of this.held.values()) this.budget.give(bytes);
    this.held.clear();
    this.irrelevant = [];
  }

  private drain(): void {
    for (;;) {
      const entry = this.held.get(this.next);
      if (entry !== undefined) {
        this.held.delete(this.next++);
        this.budget.give(entry.bytes);
        this.deliver(entry.item);
        continue;
      }
      if (this.irrelevant.length === 0) return;
      const from = this.next;
      for (const range of this.irrelevant) if (range.start <= this.next && range.before > this.next) this.next = range.before;
      this.irrelevant = this.irrelevant.filter((range) => range.before > this.next);
      if (this.next === from) return;
    }
  }

  /** How many numbers of `from … before-1` are held or known to be irrelevant. Ranges told twice are counted twice, which undercounts losses. */
  private knownBetween(from: number, before: number): number {
    let known = 0;
    for (const held of this.held.keys()) if (held >= from && held < before) known++;
    for (const range of this.irrelevant) known += Math.max(0, Math.min(range.before, before) - Math.max(range.start, from));
    return known;
  }

  private deliverHeldBelow(sequence: number): void {
    const numbers = [...this.held.keys()].filter((held) => held < sequence).sort((a, b) => a - b);
    for (const number of numbers) {
      const entry = this.held.get(number)!;
      this.held.delete(number);
      this.budget.give(entry.bytes);
      this.next = number + 1;
      this.deliver(entry.item);
    }
  }
}
