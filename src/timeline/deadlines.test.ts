import { expect, test } from "vitest";
import { seededRandom } from "#src/kit/random.ts";
import { Deadlines, type Deadline } from "./deadlines.ts";

const taps = ["alarms", "staleness", "desk"];
const key = (random: () => number): number | string =>
  random() < 0.7 ? Math.floor(random() * 40) : random() < 0.5 ? `k${Math.floor(random() * 5)}` : 0.5;

test("deadlines come up in the order (due, tap, key), whatever was set, moved, cancelled and shifted before", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const deadlines = new Deadlines();
    const plain = new Map<string, Deadline>();
    let shifted = 0;
    for (let step = 0; step < 400; step++) {
      const one = { due: shifted + Math.floor(random() * 50), tap: taps[Math.floor(random() * 3)]!, key: key(random) };
      const name = JSON.stringify([one.tap, one.key]);
      const choice = random();
      if (choice < 0.6) {
        deadlines.set(one.due, one.tap, one.key);
        plain.set(name, one);
      } else if (choice < 0.75) {
        deadlines.cancel(one.tap, one.key);
        plain.delete(name);
      } else if (choice < 0.78) {
        shifted += 10;
        deadlines.shift(10);
        for (const [at, { due, ...rest }] of plain) plain.set(at, { due: due + 10, ...rest });
      } else {
        const first = inOrder(plain)[0];
        const expected = first && first.due <= one.due ? first : undefined;
        expect(deadlines.firstDue).toBe(first?.due ?? Number.POSITIVE_INFINITY);
        expect(deadlines.take(one.due)).toEqual(expected);
        if (expected) plain.delete(JSON.stringify([expected.tap, expected.key]));
      }
    }
    expect(deadlines.all()).toEqual(inOrder(plain));
    for (const expected of inOrder(plain)) expect(deadlines.take(Number.POSITIVE_INFINITY)).toEqual(expected);
    expect(deadlines.take(Number.POSITIVE_INFINITY)).toBeUndefined();
  }
});

function inOrder(plain: ReadonlyMap<string, Deadline>): Deadline[] {
  return [...plain.values()].sort((a, b) => a.due - b.due || (a.tap < b.tap ? -1 : a.tap > b.tap ? 1 : byKey(a.key, b.key)));
}

/** Numbers before words. */
function byKey(a: number | string, b: number | string): number {
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
