import { describe, expect, it } from "vitest";
import { between, seededRandom } from "#src/kit/random.ts";
import { Cadence } from "./cadence.ts";
import { Silence, type Answer } from "./silence.ts";

const second = 1_000_000;

describe("the rhythm of a point", () => {
  it("is learned from even intervals, survives jitter, is lost on a change of pace and learned anew", () => {
    const random = seededRandom(3);
    const cadence = new Cadence();
    let at = 0;
    for (let i = 0; i < 50; i++) cadence.heard((at += second + between(random, -200_000, 200_000)), 1, true);
    expect(cadence.expectedUs! / second).toBeCloseTo(1, 0);
    cadence.heard((at += 10 * second), 1, true);
    expect(cadence.expectedUs).toBeUndefined();
    for (let i = 0; i < 10; i++) cadence.heard((at += 10 * second), 1, true);
    expect(cadence.expectedUs! / second).toBeCloseTo(10, 0);
  });

  it("beats when whole messages repeat themselves, repeats when only this point of them does, and else follows changes", () => {
    const rhythmOf = (value: (i: number) => number, isWhole: boolean) => {
      const cadence = new Cadence();
      for (let i = 0; i < 20; i++) cadence.heard(i * second, value(i), isWhole);
      return cadence.rhythm;
    };
    expect(rhythmOf(() => 5, true)).toBe("beats");
    expect(rhythmOf((i) => Math.floor(i / 3), false)).toBe("repeats");
    expect(rhythmOf((i) => i, false)).toBe("changes");
  });

  it("knows how small a change the point tells, leaving out the smallest, which a flag may have told", () => {
    const cadence = new Cadence();
    [0, 5, 11, 11.2, 17].forEach((value, i) => cadence.heard(i * second, value, false));
    expect(cadence.wouldHaveTold(21)).toBe(false);
    expect(cadence.wouldHaveTold(22)).toBe(true);
    expect(cadence.wouldHaveTold(null)).toBe(true);
  });
});

/** One point that spoke every second with these values, the last at 0, and what became of it while nothing more came. */
function quietAfter(values: readonly number[], answer: (atUs: number) => Answer, forUs: number, speaksWithinUs?: number) {
  const silence = new Silence();
  silence.expect([["p", speaksWithinUs]]);
  values.forEach((value, i) => silence.heard((i - values.length + 1) * second, [["p", value]]));
  let asked = 0;
  for (let at = 0; at <= forUs; at += 100_000) {
    const { silent, ask } = silence.look(at, ["p"]);
    if (silent.length > 0) return { silentAfter: at / second, asked };
    if (ask.length === 0) continue;
    asked++;
    if (silence.answered(at, "p", at, answer(at))) return { silentAfter: at / second, asked };
  }
  return { silentAfter: undefined, asked };
}

const same = Array.from({ length: 12 }, () => 7);
const rising = Array.from({ length: 12 }, (_, i) => i);

describe("silence", () => {
  it("of a point that beats needs no question, and is told before the third interval is over", () => {
    const { silentAfter, asked } = quietAfter(same, () => ({ value: 7 }), 10 * second);
    expect(silentAfter).toBeLessThan(3);
    expect(asked).toBe(0);
  });

  it("of a point that always changes is told before the third interval is over when it shows changes it does not tell", () => {
    const { silentAfter, asked } = quietAfter(rising, (at) => ({ value: 20 + at }), 10 * second);
    expect(silentAfter).toBeLessThan(3);
    expect(asked).toBe(2);
  });

  it("is told as soon when nobody answers, and not at all when nobody can be asked or the answer is a bad value", () => {
    expect(quietAfter(rising, () => "no answer", 10 * second).silentAfter).toBeLessThan(3);
    expect(quietAfter(rising, () => "cannot be asked", 3_600 * second).silentAfter).toBeUndefined();
    expect(quietAfter(rising, () => "nothing", 3_600 * second).silentAfter).toBeUndefined();
  });

  it("where nobody can be asked, of a point that always changes is what the site says of it, with or without a rhythm", () => {
    const withinMs = (values: readonly number[]) => quietAfter(values, () => "cannot be asked", 60 * second, 10 * second).silentAfter;
    expect(withinMs(rising)).toBeCloseTo(10, 0);
    expect(withinMs([1, 2])).toBeCloseTo(10, 0);
    expect(withinMs([])).toBeUndefined();
    expect(quietAfter(rising, () => ({ value: 11 }), 3_600 * second, 10 * second).silentAfter).toBeUndefined();
  });

  it("takes along what came evenly in the same message, and nothing else", () => {
    const silence = new Silence();
    silence.expect([["temperature", 10 * second]]);
    for (let i = -11; i <= 0; i++) {
      silence.heard(i * second, [["temperature", i / 3], ["count", i]]); // prettier-ignore
      silence.heard(i * second + 1, [["other", i]]);
    }
    const points = ["temperature", "count", "other"];
    for (const point of silence.look(2 * second, points).ask) silence.answered(2 * second, point, 2 * second, "cannot be asked");
    expect(silence.look(9 * second, points).silent).toEqual([]);
    expect(silence.look(11 * second, points).silent).toEqual(["temperature", "count"]);
    expect(silence.heard(12 * second, [["temperature", 7], ["count", 1]])).toEqual(["temperature", "count"]); // prettier-ignore
  });

  it("of a point that shows what it said last is none: it is asked ever more rarely, a dozen times in an hour", () => {
    const { silentAfter, asked } = quietAfter(rising, () => ({ value: 11 }), 3_600 * second);
    expect(silentAfter).toBeUndefined();
    expect(asked).toBeLessThan(20);
  });

  it("is found late when the plant changes late", () => {
    const { silentAfter } = quietAfter(rising, (at) => ({ value: at < 600 * second ? 11 : 99 }), 3_600 * second);
    expect(silentAfter).toBeGreaterThan(600);
    expect(silentAfter).toBeLessThan(1_800);
  });

  it("is none when one answer is ahead of its message: the change was on its way", () => {
    let asked = 0;
    expect(quietAfter(rising, () => ({ value: asked++ === 0 ? 12 : 11 }), 60 * second).silentAfter).toBeUndefined();
  });

  it("does not count while we stood still or the clock was put forward, nor before a new subscription", () => {
    const silence = new Silence();
    for (let i = -11; i <= 0; i++) silence.heard(i * second, [["p", 7]]);
    silence.stoodStill(0, 3_600 * second);
    expect(silence.look(3_602 * second, ["p"]).silent).toEqual([]);
    silence.waitFrom(3_602 * second);
    expect(silence.look(3_604 * second, ["p"]).silent).toEqual([]);
    expect(silence.look(3_605 * second, ["p"]).silent).toEqual(["p"]);
    expect(silence.heard(3_606 * second, [["p", 7]])).toEqual(["p"]);
  });

  it("is never told of change-of-value points that ramp evenly, repeat a value for a flag, drift within their increment and rest", () => {
    for (const canBeAsked of [true, false]) {
      const random = seededRandom(11);
      let told = 0;
      for (let point = 0; point < 200; point++) told += changeOfValue(random, canBeAsked);
      expect(told).toBe(0);
    }
  });
});

/** A point scanned each second that tells changes of one or more, for half an hour; how often it was called silent. */
function changeOfValue(random: () => number, canBeAsked: boolean): number {
  const silence = new Silence();
  let told = 0;
  let value = 50;
  let shown = 50;
  let slope = 0;
  for (let tick = 0; tick < 18_000; tick++) {
    const at = tick * 100_000;
    if (tick % 600 === 0) slope = random() < 0.4 ? between(random, 1, 3) : 0;
    if (tick % 10 === 0) {
      value += slope > 0 ? slope : between(random, -0.1, 0.1);
      const flag = slope > 0 && random() < 0.1;
      if (Math.abs(value - shown) >= 1 || flag) silence.heard(at, [["p", (shown = flag ? shown : value)]]);
    }
    const { silent, ask } = silence.look(at, ["p"]);
    told += silent.length;
    if (ask.length > 0 && silence.answered(at, "p", at, canBeAsked ? { value } : "cannot be asked")) told++;
  }
  return told;
}
