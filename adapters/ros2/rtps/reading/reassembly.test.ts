import { expect, test } from "vitest";
import type { DataFragments } from "../wire/submessage.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { Reassembly } from "./reassembly.ts";

const sample = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));

function part(number: number, more: Partial<DataFragments> = {}): DataFragments {
  const payload = sample.subarray((number - 1) * 100, number * 100);
  const common = { kind: "fragments" as const, prefix: "", readerId: 0, writerId: 0, sequence: 1, sourceTimeUs: 0, inline: undefined };
  return { ...common, first: number, count: 1, fragmentBytes: 100, sampleBytes: 1000, payload, ...more };
}

test("fragments in any order, some of them twice, give the sample", () => {
  const reassembly = new Reassembly(new MemoryBudget(5000), 5000);
  for (const number of [10, 2, 2, 9, 1, 4, 3, 8, 7, 6]) expect(reassembly.add(part(number), 0).result).toBe("partial");
  expect(reassembly.missing(1)).toMatchObject({ parts: [5], bytes: 100 });
  expect(reassembly.add(part(5), 0)).toMatchObject({ result: "complete", payload: sample });
});

test("memory is given back when a sample is complete, dropped or pushed out", () => {
  const budget = new MemoryBudget(100_000);
  const reassembly = new Reassembly(budget, 5000);
  for (let sequence = 1; sequence <= 80; sequence++) reassembly.add(part(1, { sequence }), 0);
  expect(budget.used).toBe(64 * 1010);
  reassembly.dropBelow(50);
  expect(budget.used).toBe(31 * 1010);
  reassembly.clear();
  expect(budget.used).toBe(0);
});

test("a sample that is too large, or has no room, takes no memory", () => {
  const budget = new MemoryBudget(1500);
  const reassembly = new Reassembly(budget, 5000);
  expect(reassembly.add(part(1, { sampleBytes: 4_000_000_000 }), 0).result).toBe("too-large");
  expect(reassembly.add(part(1), 0).result).toBe("partial");
  expect(reassembly.add(part(1, { sequence: 2 }), 0).result).toBe("refused");
  expect(budget.used).toBe(1010);
});

test("a fragment that lies about its shape or its length changes nothing", () => {
  const reassembly = new Reassembly(new MemoryBudget(5000), 5000);
  reassembly.add(part(1), 0);
  expect(reassembly.add(part(2, { sampleBytes: 900 }), 0).result).toBe("refused");
  expect(reassembly.add(part(2, { payload: Buffer.alloc(10) }), 0).result).toBe("partial");
  expect(reassembly.add(part(4_000_000), 0).result).toBe("partial");
  expect(reassembly.missing(1)!.parts).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
});
