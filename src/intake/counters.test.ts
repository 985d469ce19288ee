import { describe, expect, it } from "vitest";
import { Counters } from "./counters.ts";

const second = 1_000_000;

describe("counters", () => {
  it("give the rate of a steady stream at any instant, and forget it when it ends", () => {
    const clock = { us: 0 };
    const counters = new Counters({ now: () => clock.us, trusted: () => true });
    const rates: number[] = [];
    for (let i = 0; i < 400; i++, clock.us += second / 10) {
      counters.answered(20, 3);
      if (i > 100) rates.push(counters.read().pointsPerSecond);
    }
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(200);
    expect(Math.max(...rates)).toBeLessThanOrEqual(202);
    expect(counters.read().requestsPerSecond).toBeCloseTo(10, 1);
    clock.us += 20 * second;
    expect(counters.read()).toMatchObject({ pointsPerSecond: 0, requestsPerSecond: 0, points: 8_000, requests: 400 });
  });

  it("sort round trips by their upper bounds, the longest into the last", () => {
    const counters = new Counters({ now: () => 0, trusted: () => true });
    for (const ms of [0.4, 1, 1.1, 70, 20_000]) counters.answered(1, ms);
    const { upperMs, counts, sumMs } = counters.read().roundTrip;
    expect(counts).toHaveLength(upperMs.length + 1);
    expect(counts.flatMap((count, i) => (count > 0 ? [[upperMs[i], count]] : []))).toEqual([[1, 2], [2, 1], [100, 1], [undefined, 1]]); // prettier-ignore
    expect(sumMs).toBe(20_072.5);
  });
});
