import type { PointId, Value } from "#msgs/point.ts";

interface Shown<T> {
  readonly at: number;
  readonly value: T;
}

/** What was so at every instant, for each key: from one entry to the next. */
export class History<T> {
  readonly #entries = new Map<string, Shown<T>[]>();

  put(key: string, at: number, value: T): void {
    const entries = this.#entries.get(key);
    if (entries) entries.push({ at, value });
    else this.#entries.set(key, [{ at, value }]);
  }

  at(key: string, at: number): T | undefined {
    return this.#entries.get(key)?.findLast((entry) => entry.at <= at)?.value;
  }

  /** What was so at the beginning of a stretch, and every change inside it. */
  during(key: string, from: number, to: number): readonly Shown<T | undefined>[] {
    const turns = (this.#entries.get(key) ?? []).filter(({ at }) => at > from && at <= to);
    return [{ at: from, value: this.at(key, from) }, ...turns];
  }

  forgetBefore(at: number): void {
    for (const [key, entries] of this.#entries) {
      const kept = entries.findLastIndex((entry) => entry.at <= at);
      if (kept > 0) this.#entries.set(key, entries.slice(kept));
    }
  }
}

/** The truth of every instant at a plant, which no gateway ever sees whole. */
export class PlantTruth {
  readonly #shown = new History<Value>();

  shows(point: PointId, at: number, value: Value): void {
    this.#shown.put(point, at, value);
  }

  valueAt(point: PointId, at: number): Value {
    return this.#shown.at(point, at) ?? 0;
  }

  /** Whether the plant showed this at any instant of a stretch of time. */
  showed(point: PointId, from: number, to: number, isIt: (value: Value) => boolean): boolean {
    return this.#shown.during(point, from, to).some(({ value = 0 }) => isIt(value));
  }

  /** Instants at which something else came to be shown. */
  turns(point: PointId, from: number, to: number): readonly number[] {
    return this.#shown.during(point, from, to).map(({ at }) => at);
  }

  /** The longest unbroken time of a stretch in which the plant showed something else. */
  longestAway(point: PointId, from: number, to: number, isIt: (value: Value, at: number) => boolean, also: readonly number[] = []): number {
    const instants = [...new Set([...this.turns(point, from, to), ...also.filter((at) => at > from && at < to)])].sort((a, b) => a - b);
    let longest = 0;
    let left: number | undefined;
    for (const [index, at] of instants.entries()) {
      if (isIt(this.valueAt(point, at), at)) left = undefined;
      else longest = Math.max(longest, (instants[index + 1] ?? to) - (left ??= at));
    }
    return longest;
  }

  forgetBefore(at: number): void {
    this.#shown.forgetBefore(at);
  }
}
