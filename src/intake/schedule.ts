import type { Binding } from "#src/contract/adapter.ts";
import type { PointId } from "#msgs/point.ts";

/** Points of one device that are asked together at one rate. */
export interface PollGroup {
  readonly periodMs: number;
  readonly bindings: readonly Binding[];
  readonly points: readonly PointId[];
}

export function groupsOf(bindings: readonly Binding[], fallbackMs: number): readonly PollGroup[] {
  const byPeriod = new Map<number, Binding[]>();
  for (const binding of bindings) {
    const periodMs = binding.pollMs || fallbackMs;
    const group = byPeriod.get(periodMs);
    if (group) group.push(binding);
    else byPeriod.set(periodMs, [binding]);
  }
  return [...byPeriod]
    .sort(([a], [b]) => a - b)
    .map(([periodMs, group]) => ({ periodMs, bindings: group, points: group.map(({ point }) => point) }));
}

/**
 * The instants at which a group is due: first + n × period, so that no delay adds up. Slots that went by while the last
 * answer was still out are left out and counted: polls never pile up.
 */
export class Slots {
  readonly #periodUs: number;
  #next: number;
  missed = 0;

  constructor(firstUs: number, periodUs: number) {
    this.#next = firstUs;
    this.#periodUs = periodUs;
  }

  get nextUs(): number {
    return this.#next;
  }

  /** Call when the work of a slot is done. */
  done(nowUs: number): void {
    this.#next += this.#periodUs;
    if (this.#next > nowUs) return;
    const behind = Math.floor((nowUs - this.#next) / this.#periodUs) + 1;
    this.missed += behind;
    this.#next += behind * this.#periodUs;
  }
}
