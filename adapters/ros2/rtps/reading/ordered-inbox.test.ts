import { expect, test } from "vitest";
import { seeded } from "../testing/random.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { OrderedInbox } from "./ordered-inbox.ts";

function inbox(limit = 100, bytes = 1000) {
  const got: number[] = [];
  const budget = new MemoryBudget(bytes);
  return { got, budget, box: new OrderedInbox<number>((item) => got.push(item), budget, limit) };
}

test("samples come out once and in order, however they come in", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { got, box, budget } = inbox();
    const random = seeded(seed);
    const numbers = Array.from({ length: 60 }, (_, i) => 1 + (i % 30)).sort(() => random() - 0.5);
    for (const number of numbers) box.put(number, number, 1);
    expect(got, `seed ${seed}`).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(budget.used).toBe(0);
  }
});

test("a gap is passed over, also one that is told before its turn", () => {
  const { got, box } = inbox();
  box.put(1, 1, 1);
  expect(box.skip(3, 6)).toBe(3);
  expect(box.missing(8)).toEqual([2, 6, 7, 8]);
  box.put(2, 2, 1);
  box.put(6, 6, 1);
  expect(got).toEqual([1, 2, 6]);
});

test("a gap of nearly all numbers costs nothing and loses nothing that is held", () => {
  const { got, box } = inbox();
  box.put(5, 5, 1);
  box.skip(1, 2 ** 52);
  expect(got).toEqual([5]);
  expect(box.next).toBe(2 ** 52);
});

test("what a writer no longer has is counted lost, and what was held is delivered", () => {
  const { got, box, budget } = inbox();
  box.put(4, 4, 10);
  expect(box.giveUpBelow(11)).toBe(9);
  expect(got).toEqual([4]);
  expect(box.next).toBe(11);
  expect(budget.used).toBe(0);
});

test("beyond its number or its bytes a sample is refused and stays missing", () => {
  const few = inbox(2);
  expect([3, 4, 5].map((n) => few.box.put(n, n, 1))).toEqual(["held", "held", "refused"]);
  expect(few.box.missing(5)).toEqual([1, 2, 5]);
  const small = inbox(100, 10);
  expect([3, 4].map((n) => small.box.put(n, n, 6))).toEqual(["held", "refused"]);
  small.box.clear();
  expect(small.budget.used).toBe(0);
});

test("a request for repair never spans more than 256 numbers", () => {
  const { box } = inbox();
  expect(box.missing(10_000)).toHaveLength(256);
});
