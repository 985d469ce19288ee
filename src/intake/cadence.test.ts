import { describe, expect, it } from "vitest";
import { between, seededRandom } from "#src/kit/random.ts";
import { Cadence, isDoubtful } from "./cadence.ts";

const second = 1_000_000;

describe("the rhythm of a point", () => {
  it("is learned from a publisher that repeats itself, and its silence is doubted before the third interval is over", () => {
    const cadence = new Cadence();
    for (let i = 0; i < 10; i++) cadence.heard(i * second, 5);
    expect(cadence.expectedUs).toBeCloseTo(second);
    expect(isDoubtful(cadence, 9 * second + 2.4 * second)).toBe(false);
    expect(isDoubtful(cadence, 9 * second + 2.6 * second)).toBe(true);
  });

  it("is not believed of a point that only ever spoke with a new value: it may just have stopped changing", () => {
    const cadence = new Cadence();
    for (let i = 0; i < 100; i++) cadence.heard(i * second, i);
    expect(cadence.expectedUs).toBeUndefined();
    expect(isDoubtful(cadence, 1_000 * second)).toBe(false);
  });

  it("survives jitter, is lost on a change of pace, and is learned anew", () => {
    const random = seededRandom(3);
    const cadence = new Cadence();
    let at = 0;
    for (let i = 0; i < 50; i++) cadence.heard((at += second + between(random, -200_000, 200_000)), 1);
    expect(cadence.expectedUs! / second).toBeCloseTo(1, 0);
    cadence.heard((at += 10 * second), 1);
    expect(cadence.expectedUs).toBeUndefined();
    for (let i = 0; i < 10; i++) cadence.heard((at += 10 * second), 1);
    expect(cadence.expectedUs! / second).toBeCloseTo(10, 0);
  });

  it("raises nothing over a thousand change-of-value points that change at random and fall quiet", () => {
    const random = seededRandom(11);
    let doubted = 0;
    for (let point = 0; point < 1_000; point++) {
      const cadence = new Cadence();
      let at = 0;
      for (let i = 0; i < between(random, 5, 60); i++) cadence.heard((at += between(random, 100_000, 5 * second)), random());
      for (let quiet = 0; quiet < 3_600; quiet += 60) if (isDoubtful(cadence, at + quiet * second)) doubted++;
    }
    expect(doubted).toBe(0);
  });
});
