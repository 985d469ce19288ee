import type { LiveTime } from "#src/contract/clock.ts";
import type { LinkCounters } from "#src/contract/gateway.ts";
import { usPerSecond } from "#msgs/time.ts";

const upperMs: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/** What one link or device has done since the gateway started. Counts only go up; rates are of about the last ten seconds. */
export class Counters {
  readonly #time: LiveTime;
  readonly #pointRate: Rate;
  readonly #requestRate: Rate;
  #points = 0;
  #requests = 0;
  #connects = 0;
  #shed = 0;
  #sumMs = 0;
  readonly #errors = new Map<string, number>();
  readonly #buckets = new Array<number>(upperMs.length + 1).fill(0);

  constructor(time: LiveTime) {
    this.#time = time;
    this.#pointRate = new Rate(time.now());
    this.#requestRate = new Rate(time.now());
  }

  answered(points: number, roundTripMs: number): void {
    const now = this.#time.now();
    this.#requests++;
    this.#requestRate.add(1, now);
    this.#points += points;
    this.#pointRate.add(points, now);
    this.#sumMs += roundTripMs;
    let bucket = 0;
    while (bucket < upperMs.length && roundTripMs > upperMs[bucket]!) bucket++;
    this.#buckets[bucket]!++;
  }

  pushed(points: number): void {
    this.#points += points;
    this.#pointRate.add(points, this.#time.now());
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
    const now = this.#time.now();
    return {
      points: this.#points,
      pointsPerSecond: this.#pointRate.perSecond(now),
      requests: this.#requests,
      requestsPerSecond: this.#requestRate.perSecond(now),
      connects: this.#connects,
      shed: this.#shed,
      errors: Object.fromEntries(this.#errors),
      roundTrip: { upperMs, counts: [...this.#buckets], sumMs: toThousandths(this.#sumMs) },
    };
  }
}

const windowSeconds = 10;
const windowUs = windowSeconds * usPerSecond;

/** Two windows, the last one fading out while the running one fills, so that a steady stream shows its true rate at any instant. */
class Rate {
  #from: number;
  #last = 0;
  #running = 0;

  constructor(nowUs: number) {
    this.#from = nowUs;
  }

  add(count: number, nowUs: number): void {
    this.#turn(nowUs);
    this.#running += count;
  }

  perSecond(nowUs: number): number {
    this.#turn(nowUs);
    const left = 1 - (nowUs - this.#from) / windowUs;
    return toThousandths((this.#last * left + this.#running) / windowSeconds);
  }

  #turn(nowUs: number): void {
    const windows = Math.floor((nowUs - this.#from) / windowUs);
    if (windows <= 0) return;
    this.#last = windows === 1 ? this.#running : 0;
    this.#running = 0;
    this.#from += windows * windowUs;
  }
}

function toThousandths(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
