import type { Derivation, Fact } from "#msgs/fact.ts";
import type { Checkpoint } from "#src/contract/timeline.ts";
import type { Timers } from "#src/contract/clock.ts";
import type { JournalEntry } from "#src/contract/store.ts";
import type { Random } from "#src/kit/random.ts";
import { between } from "#src/kit/random.ts";

/** What survives a crash: everything that was durable. */
export interface Disk {
  readonly entries: JournalEntry[];
  readonly keys: Map<string, number>;
  clean: boolean;
}

export function emptyDisk(): Disk {
  return { entries: [], keys: new Map(), clean: true };
}

/** A journal on a made-up disk: durable some time after it was told, or long after when the disk stalls; a crash loses the rest. */
export class SimJournal {
  readonly #disk: Disk;
  readonly #timers: Timers;
  readonly #random: Random;
  #waiting: JournalEntry[] = [];
  #waitingSamples = 0;
  #scheduled = false;
  #stalledMs = 0;
  #dead = false;
  #durable: ((seq: number) => void)[] = [];
  mostWaiting = 0;

  constructor(disk: Disk, timers: Timers, random: Random) {
    this.#disk = disk;
    this.#timers = timers;
    this.#random = random;
  }

  get backlog(): number {
    return this.#waitingSamples;
  }

  get head(): { at: number; seq: number } {
    const facts = this.#disk.entries.flatMap((entry) => (entry.kind === "fact" ? [entry.fact] : []));
    const last = facts.at(-1);
    return { at: last?.at ?? 0, seq: last?.seq ?? 0 };
  }

  stall(ms: number): void {
    this.#stalledMs = ms;
  }

  onDurable(see: (seq: number) => void): void {
    this.#durable.push(see);
  }

  fact(fact: Fact): void {
    if (fact.kind === "samples") this.#waitingSamples += fact.samples.keys.length;
    if (fact.kind === "config") for (const { id, key } of fact.points) this.#disk.keys.set(id, key);
    this.#add({ kind: "fact", fact });
  }

  derived(derivation: Derivation): void {
    this.#add({ kind: "derived", derivation });
  }

  checkpoint(checkpoint: Checkpoint): void {
    this.#add({ kind: "checkpoint", checkpoint: structuredClone(checkpoint) });
  }

  /** The power goes: what was not durable never happened. */
  crash(): void {
    this.#dead = true;
    this.#waiting = [];
    this.#disk.clean = false;
  }

  close(): void {
    this.#commit();
    this.#dead = true;
    this.#disk.clean = true;
  }

  #add(entry: JournalEntry): void {
    if (this.#dead) return;
    this.#waiting.push(entry);
    this.mostWaiting = Math.max(this.mostWaiting, this.#waitingSamples);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const ms = this.#stalledMs || between(this.#random, 1, 20);
    this.#stalledMs = 0;
    this.#timers.after(ms, () => this.#commit());
  }

  #commit(): void {
    this.#scheduled = false;
    if (this.#dead) return;
    this.#disk.entries.push(...this.#waiting);
    this.#waiting = [];
    this.#waitingSamples = 0;
    const { seq } = this.head;
    for (const see of this.#durable) see(seq);
  }
}
