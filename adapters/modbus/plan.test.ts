import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBitTable, parseAddress, parseStretch, widthOf } from "./address.ts";
import { shapeOf } from "./codec.ts";
import { planBlocks, splitBlock, type Block, type ReadLimits, type Wanted } from "./plan.ts";

const limits: ReadLimits = { maxRegisters: 125, maxBits: 2000, maxGap: 16, maxGapBits: 256, forbidden: [] };

function wantedOf(texts: readonly string[]): Wanted[] {
  return texts.map((text, index) => {
    const parsed = parseAddress(text);
    if ("problem" in parsed) throw new Error(parsed.problem);
    return { index, shape: shapeOf(parsed.address, "abcd", "number") };
  });
}

function requests(texts: readonly string[], about: Partial<ReadLimits> = {}): string[] {
  return planBlocks(wantedOf(texts), { ...limits, ...about }).map((block) => `${block.table} ${block.at}+${block.count}`);
}

describe("the plan", () => {
  it("reads neighbours together, whatever order they are wanted in", () => {
    expect(requests(["holding:3", "holding:1:f32", "holding:0", "input:1"])).toEqual(["input 1+1", "holding 0+4"]);
  });

  it("reads through a small gap and asks around a large one", () => {
    expect(requests(["holding:0", "holding:17"])).toEqual(["holding 0+18"]);
    expect(requests(["holding:0", "holding:18"])).toEqual(["holding 0+1", "holding 18+1"]);
    expect(requests(["holding:0", "holding:2"], { maxGap: 0 })).toEqual(["holding 0+1", "holding 2+1"]);
    expect(requests(["coil:0", "coil:200"])).toEqual(["coil 0+201"]);
  });

  it("never reads across a forbidden stretch, not even by one register", () => {
    const forbidden = [parseStretch("holding:5-6")!];
    expect(requests(["holding:4", "holding:7"], { forbidden })).toEqual(["holding 4+1", "holding 7+1"]);
    expect(requests(["holding:3", "holding:4", "holding:7", "holding:8"], { forbidden })).toEqual(["holding 3+2", "holding 7+2"]);
    expect(requests(["input:4", "input:7"], { forbidden })).toEqual(["input 4+4"]);
  });

  it("keeps a wide value whole at the end of a request", () => {
    const texts = Array.from({ length: 124 }, (_, at) => `holding:${at}`);
    expect(requests([...texts, "holding:124:f32"])).toEqual(["holding 0+124", "holding 124+2"]);
  });

  it("asks a device for no more than it can take", () => {
    const texts = Array.from({ length: 100 }, (_, at) => `holding:${at}`);
    expect(requests(texts, { maxRegisters: 32 })).toEqual(["holding 0+32", "holding 32+32", "holding 64+32", "holding 96+4"]);
    expect(requests(["coil:0", "coil:7"], { maxBits: 4 })).toEqual(["coil 0+1", "coil 7+1"]);
  });

  const address = fc.oneof(
    fc.record({ at: fc.nat(400), type: fc.constantFrom("u16", "f32", "f64", "string:9") }).map(({ at, type }) => `holding:${at}:${type}`),
    fc.nat(3000).map((at) => `coil:${at}`),
    fc.nat(400).map((at) => `input:${at}`),
  );

  it("serves every wanted value from exactly one request, within all limits", () => {
    const about = fc.record({
      maxRegisters: fc.integer({ min: 5, max: 125 }),
      maxBits: fc.integer({ min: 1, max: 2000 }),
      maxGap: fc.nat(30),
      maxGapBits: fc.nat(300),
    });
    fc.assert(
      fc.property(fc.array(address, { maxLength: 150 }), about, fc.nat(400), (texts, given, wall) => {
        const stretch = { table: "holding" as const, from: wall, to: wall + 3 };
        const free = texts.filter((text) => !touches(text, wall, wall + 3));
        const blocks = planBlocks(wantedOf(free), { ...given, forbidden: [stretch] });
        const served = blocks.flatMap((block) => block.wanted.map(({ index }) => index)).sort((a, b) => a - b);
        expect(served).toEqual(free.map((_, index) => index));
        for (const block of blocks) expectSound(block, given);
        for (const block of blocks) if (block.table === "holding") expect(block.at + block.count <= wall || block.at > wall + 3).toBe(true);
      }),
    );
  });

  it("splits a refused request until every value stands alone, losing none", () => {
    fc.assert(
      fc.property(fc.array(address, { minLength: 1, maxLength: 80 }), (texts) => {
        const leaves: Block[] = [];
        const open = planBlocks(wantedOf(texts), limits);
        for (let rounds = 0; open.length > 0; rounds++) {
          expect(rounds).toBeLessThan(2000);
          const block = open.pop()!;
          const parts = splitBlock(block);
          if (parts.length === 0) leaves.push(block);
          open.push(...parts);
        }
        expect(leaves.flatMap((block) => block.wanted.map(({ index }) => index)).sort((a, b) => a - b)).toEqual(
          texts.map((_, index) => index),
        );
        for (const leaf of leaves) expect(leaf.count).toBe(widthOf(leaf.wanted[0]!.shape.address));
      }),
    );
  });
});

function touches(text: string, from: number, to: number): boolean {
  const { at, table } = wantedOf([text])[0]!.shape.address;
  return table === "holding" && at <= to && at + widthOf(wantedOf([text])[0]!.shape.address) > from;
}

function expectSound(block: Block, about: Pick<ReadLimits, "maxRegisters" | "maxBits">): void {
  expect(block.count).toBeLessThanOrEqual(isBitTable(block.table) ? about.maxBits : about.maxRegisters);
  for (const { shape } of block.wanted) {
    expect(shape.address.at).toBeGreaterThanOrEqual(block.at);
    expect(shape.address.at + widthOf(shape.address)).toBeLessThanOrEqual(block.at + block.count);
  }
}
