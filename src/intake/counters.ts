import type { LinkCounters } from "#src/contract/gateway.ts";

const upperMs: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/** What one link or device has done since the gateway started. Counts only go up. */
export class Counters {
  #points = 0;
  #requests = 0;
  #connects = 0;
  #shed = 0;
  #sumMs = 0;
  readonly #errors = new Map<string, number>();
  readonly #buckets = new Array<number>(upperMs.length + 1).fill(0);

  answered(points: number, roundTripMs: number): void {
    this.#requests++;
    this.#points += points;
    this.#sumMs += roundTripMs;
    let bucket = 0;
    while (bucket < upperMs.length && roundTripMs > upperMs[bucket]!) bucket++;
    this.#buckets[bucket]!++;
  }

  pushed(points: number): void {
    this.#points += points;
  }

  connected(): void {
    this.#connects++;
  }

  shed(points: number): void {
    this.#shed += points;
  }

  failed(code: string): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  read(): LinkCounters {
    return {
      points: this.#points,
      requests: this.#requests,
      connects: this.#connects,
      shed: this.#shed,
      errors: Object.fromEntries(this.#errors),
      roundTrip: { upperMs, counts: [...this.#buckets], sumMs: Math.round(this.#sumMs * 1_000) / 1_000 },
    };
  }
}
