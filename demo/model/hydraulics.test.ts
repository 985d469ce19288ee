import { describe, expect, it } from "vitest";
import { type Line, solveLine } from "./hydraulics.ts";
import { seededRandom } from "./random.ts";

const sound: Line = { inletHead: 50, upstreamResistance: 2e5, downstreamResistance: 5e4, lift: 15, leakConductance: 0 };

describe("the line", () => {
  it("carries what its resistance lets through when it is sound", () => {
    const flow = solveLine(sound);
    expect(flow.inflow).toBeCloseTo(Math.sqrt(35 / 2.5e5), 6);
    expect(flow.leak).toBe(0);
  });

  it("stands still and full when the pumps cannot lift the water", () => {
    expect(solveLine({ ...sound, inletHead: 10 })).toEqual({ inflow: 0, outflow: 0, leak: 0, leakHead: 15 });
  });

  it("balances for any state of pumps, valves and leak", () => {
    const random = seededRandom(1, "lines");
    for (let round = 0; round < 2000; round++) {
      const line: Line = {
        inletHead: 80 * random.uniform(),
        upstreamResistance: 10 ** (4 + 8 * random.uniform()),
        downstreamResistance: 10 ** (4 + 8 * random.uniform()),
        lift: 15,
        leakConductance: random.uniform() < 0.3 ? 0 : 1e-3 * random.uniform(),
      };
      const { inflow, outflow, leak, leakHead } = solveLine(line);
      expect(inflow).toBe(outflow + leak);
      expect(Math.min(outflow, leak, leakHead)).toBeGreaterThanOrEqual(0);
      const arriving = Math.sqrt(Math.max(0, line.inletHead - leakHead) / line.upstreamResistance);
      expect(Math.abs(arriving - inflow)).toBeLessThan(1e-6 + 1e-4 * inflow);
    }
  });
});
