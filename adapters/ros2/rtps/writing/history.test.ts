import { expect, test } from "vitest";
import { defaultLimits } from "../limits.ts";
import { defaultQos, type Qos } from "../qos.ts";
import { History, type Change } from "./history.ts";

const change = (sequence: number, bytes = 10): Change => ({
  sequence,
  sourceTimeUs: 0,
  payload: Buffer.alloc(bytes),
  inline: undefined,
  keyOnly: false,
  expiresMs: Infinity,
});
const history = (more: Partial<Qos>, bytes = 1000) => new History({ ...defaultQos, ...more }, { ...defaultLimits, historyBytes: bytes });

test("keep-last drops the oldest beyond its depth and beyond its bytes", () => {
  const deep = history({ depth: 3 });
  for (let i = 1; i <= 5; i++) deep.add(change(i));
  expect([deep.first, deep.last, deep.size]).toEqual([3, 5, 3]);
  const heavy = history({ depth: 100 }, 100);
  for (let i = 1; i <= 5; i++) heavy.add(change(i, 40));
  expect([heavy.first, heavy.size]).toEqual([4, 2]);
});

test("keep-all has no room when it is full, until readers have acknowledged", () => {
  const all = history({ keep: "all", depth: 2 });
  for (let i = 1; i <= 2; i++) {
    expect(all.makeRoom(10, 0)).toBe(true);
    all.add(change(i));
  }
  expect(all.makeRoom(10, 0)).toBe(false);
  expect(all.makeRoom(10, 1)).toBe(true);
  expect(all.first).toBe(2);
});

test("a keyed history keeps the newest of each instance, however many there are", () => {
  const keyed = history({ depth: 1 });
  ["a", "b", "a", "c"].forEach((key, i) => keyed.add(change(i + 1), key));
  expect([1, 2, 3, 4].map((sequence) => keyed.get(sequence) !== undefined)).toEqual([false, true, true, true]);
});
