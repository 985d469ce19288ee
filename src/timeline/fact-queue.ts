import type { FactQueue, QueueOptions } from "#src/contract/bus.ts";
import type { Fact } from "#msgs/fact.ts";
import type { Samples } from "#msgs/sample.ts";
import type { PointKey } from "#msgs/point.ts";

/** Facts that are not samples and wait for a consumer that takes its time; more than these and the consumer is cut off. */
const otherFactsAtMost = 100_000;

/**
 * The bounded way out of a timeline. `hold` reports itself full and a replay source waits; `keep-latest` keeps, once it is
 * full, only the newest sample of each point and counts what was overtaken. Facts that are not samples are never overtaken.
 */
export class BoundedQueue implements FactQueue {
  readonly name: string;
  overtaken = 0;
  #waiting = 0;
  #facts: Fact[] = [];
  #latest = new Map<PointKey, { readonly fact: Fact & { kind: "samples" }; readonly index: number }>();
  #wake: (() => void) | undefined;
  #closed = false;
  readonly #options: QueueOptions;
  readonly #onRoom: () => void;
  readonly #onClose: (queue: BoundedQueue) => void;

  constructor(name: string, options: QueueOptions, on: { room: () => void; close: (queue: BoundedQueue) => void }) {
    this.name = name;
    this.#options = options;
    this.#onRoom = on.room;
    this.#onClose = on.close;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get full(): boolean {
    return this.#options.whenFull === "hold" && this.#waiting >= this.#options.capacity;
  }

  /** Called by the loop for each fact, in order. */
  put(fact: Fact): void {
    if (this.#closed) return;
    if (fact.kind !== "samples") {
      if (this.#facts.length >= otherFactsAtMost) return this.close();
      this.#facts.push(fact);
    } else {
      const wanted = this.#options.points ? onlyOf(fact.samples, this.#options.points) : fact.samples;
      if (wanted.keys.length === 0) return;
      this.#putSamples(wanted === fact.samples ? fact : { ...fact, samples: wanted });
    }
    this.#wake?.();
    this.#wake = undefined;
  }

  #putSamples(fact: Fact & { kind: "samples" }): void {
    const count = fact.samples.keys.length;
    const conflate = this.#options.whenFull === "keep-latest" && (this.#latest.size > 0 || this.#waiting + count > this.#options.capacity);
    if (!conflate) {
      this.#facts.push(fact);
      this.#waiting += count;
      return;
    }
    if (fact.samples.origin === "historical") {
      // What a device recorded long ago must not take the place of what it shows now.
      this.overtaken += count;
      return;
    }
    for (let index = 0; index < count; index++) {
      const key = fact.samples.keys[index]!;
      if (this.#latest.has(key)) {
        this.#latest.delete(key);
        this.overtaken++;
      } else this.#waiting++;
      this.#latest.set(key, { fact, index });
    }
  }

  take(): readonly Fact[] {
    const facts = this.#facts;
    if (this.#latest.size > 0) facts.push(...this.#conflated());
    this.#facts = [];
    const wasFull = this.full;
    this.#waiting = 0;
    if (wasFull) this.#onRoom();
    return facts;
  }

  /** What was kept of the overtaken stretch, grouped by the fact it came in, in order. */
  #conflated(): Fact[] {
    const byFact = new Map<Fact & { kind: "samples" }, number[]>();
    for (const { fact, index } of this.#latest.values()) {
      const indexes = byFact.get(fact);
      if (indexes) indexes.push(index);
      else byFact.set(fact, [index]);
    }
    this.#latest = new Map();
    return [...byFact].sort(([a], [b]) => a.seq - b.seq).map(([fact, indexes]) => ({ ...fact, samples: selected(fact.samples, indexes) }));
  }

  async *[Symbol.asyncIterator](): AsyncIterator<readonly Fact[]> {
    while (!this.#closed) {
      if (this.#facts.length === 0 && this.#latest.size === 0) await new Promise<void>((wake) => (this.#wake = wake));
      const facts = this.take();
      if (facts.length > 0) yield facts;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#facts = [];
    this.#latest.clear();
    this.#waiting = 0;
    this.#onClose(this);
    this.#wake?.();
  }
}

function onlyOf(samples: Samples, points: ReadonlySet<PointKey>): Samples {
  const indexes: number[] = [];
  for (let i = 0; i < samples.keys.length; i++) if (points.has(samples.keys[i]!)) indexes.push(i);
  return indexes.length === samples.keys.length ? samples : selected(samples, indexes);
}

function selected(samples: Samples, indexes: readonly number[]): Samples {
  const count = indexes.length;
  const columns = {
    keys: new Uint32Array(count),
    sourceTimes: new Float64Array(count),
    values: new Float64Array(count),
    qualities: new Uint8Array(count),
  };
  const texts = new Map<number, string>();
  const codes = new Map<number, number>();
  for (let to = 0; to < count; to++) {
    const from = indexes[to]!;
    columns.keys[to] = samples.keys[from]!;
    columns.sourceTimes[to] = samples.sourceTimes[from]!;
    columns.values[to] = samples.values[from]!;
    columns.qualities[to] = samples.qualities[from]!;
    const text = samples.texts?.get(from);
    if (text !== undefined) texts.set(to, text);
    const code = samples.codes?.get(from);
    if (code !== undefined) codes.set(to, code);
  }
  const { texts: _texts, codes: _codes, ...about } = samples;
  return { ...about, ...columns, ...(texts.size > 0 && { texts }), ...(codes.size > 0 && { codes }) };
}
