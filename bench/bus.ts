import type { BenchRow } from "./row.ts";
import type { LimitRule } from "#msgs/alarm.ts";
import type { Samples } from "#msgs/sample.ts";
import { LimitsTap } from "#src/alarms/limits.ts";
import { seededRandom } from "#src/kit/random.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { configOf } from "#test/fakes/facts.ts";

const points = 10_000;
const batch = 10_000;
const batches = 1_000;

/**
 * Samples a second through the loop with latest values, staleness and one limit rule for every point, on one core. Beside it
 * stands the limit of this machine in the same run: the same batches copied, column by column, into a second set of arrays.
 */
export async function rows(): Promise<readonly BenchRow[]> {
  const prepared = prepare();
  const own = best(3, () => throughTheLoop(prepared));
  const limit = best(3, () => copied(prepared));
  const rate = (batch * batches) / own;
  return [
    {
      what: `bus: loop, latest, staleness, a limit rule a point (${points} points, batches of ${batch})`,
      ours: `${millions(rate)} M samples/s`,
      peer: `${millions((batch * batches) / limit)} M samples/s, copying the same columns`,
      ratio: limit / own,
      bar: "2 M samples/s on one core",
    },
  ];
}

function prepare(): readonly Samples[] {
  const random = seededRandom(1);
  return Array.from({ length: 20 }, () => {
    const keys = Uint32Array.from({ length: batch }, (_, i) => (i % points) + 1);
    const values = Float64Array.from({ length: batch }, () => 40 + random() * 45);
    return {
      keys,
      values,
      sourceTimes: new Float64Array(batch),
      qualities: new Uint8Array(batch),
      origin: "asked" as const,
      stream: "bench",
    };
  });
}

function throughTheLoop(prepared: readonly Samples[]): number {
  const taps = standardTaps();
  const opened = open({ id: "bench", kind: "live", from: 0, taps: [...taps.factories, new LimitsTap(taps.plant).factory] });
  const rules = Array.from({ length: points }, (_, i): LimitRule => ({
    id: `r-${i}`, point: `p-${i + 1}`, when: "above", limit: 84, deadband: 1, onDelayMs: 500, offDelayMs: 500, priority: "low", message: "",
  })); // prettier-ignore
  opened.into.publish(configOf(points, {}, rules), 1);
  const begin = performance.now();
  for (let i = 0; i < batches; i++) opened.into.publish({ kind: "samples", samples: prepared[i % prepared.length]! }, 1_000 + i * 10_000);
  return (performance.now() - begin) / 1_000;
}

function copied(prepared: readonly Samples[]): number {
  const values = new Float64Array(points + 1);
  const sourceTimes = new Float64Array(points + 1);
  const qualities = new Uint8Array(points + 1);
  const begin = performance.now();
  for (let i = 0; i < batches; i++) {
    const samples = prepared[i % prepared.length]!;
    for (let j = 0; j < batch; j++) {
      const key = samples.keys[j]!;
      values[key] = samples.values[j]!;
      sourceTimes[key] = samples.sourceTimes[j]!;
      qualities[key] = samples.qualities[j]!;
    }
  }
  return (performance.now() - begin) / 1_000;
}

function best(times: number, run: () => number): number {
  return Math.min(...Array.from({ length: times }, run));
}

const millions = (rate: number): string => (rate / 1e6).toFixed(1);
