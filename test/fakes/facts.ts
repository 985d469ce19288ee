import type { ConfigFact, FactBody } from "#msgs/fact.ts";
import type { LimitRule } from "#msgs/alarm.ts";
import type { Point } from "#msgs/point.ts";
import type { SampleOrigin, SampleRow } from "#msgs/sample.ts";
import { quality } from "#msgs/quality.ts";
import { samplesOf } from "#msgs/sample.ts";

/** A small plant for tests: points p-1, p-2, … with keys 1, 2, …, all numbers behind one device. */
export function configOf(count: number, about: Partial<Point> = {}, rules: readonly LimitRule[] = []): ConfigFact {
  const points = Array.from({ length: count }, (_, i) => ({
    id: `p-${i + 1}`,
    key: i + 1,
    device: "device-1",
    area: "area-1",
    kind: "number" as const,
    staleAfterMs: 2_000,
    binding: { adapter: "adapter-1", address: `${i}`, pollMs: 1_000 },
    ...about,
  }));
  return {
    kind: "config",
    revision: "test",
    timeZone: "UTC",
    areas: [{ id: "area-1" }],
    devices: [{ id: "device-1", adapter: "adapter-1", protocol: "test" }],
    points,
    valves: [],
    rules,
  };
}

export function samplesFact(
  rows: readonly (Pick<SampleRow, "key" | "value"> & Partial<SampleRow>)[],
  origin: SampleOrigin = "asked",
): FactBody {
  const full = rows.map((row) => ({ quality: quality.good, sourceTime: 0, ...row }));
  return { kind: "samples", samples: samplesOf(full, { origin, stream: "adapter-1/device-1" }) };
}
