import type { Fact } from "#msgs/fact.ts";
import type { Story } from "#test/fakes/recording.ts";
import { aPoint, second } from "#test/fakes/recording.ts";

/** How many samples the writing benches store. */
export const rowsTold = process.env.PLAINVIEW_SOAK ? 5_000_000 : 1_000_000;
export const pointsTold = 2_000;
const batchRows = 2_000;

/** A plant of so many points, each with a value once a second, in batches as a poller makes them. */
export function plantFact(story: Story): Fact {
  const points = Array.from({ length: pointsTold }, (_, i) => ({ ...aPoint(`bench/p${i}`), key: i + 1 }));
  return story.fact({ kind: "config", revision: "bench", timeZone: "UTC", areas: [], devices: [], points, valves: [], rules: [] });
}

export function* batches(story: Story, rows: number): Generator<Extract<Fact, { kind: "samples" }>> {
  for (let told = 0; told < rows; told += batchRows) {
    const keys = new Uint32Array(batchRows);
    const values = new Float64Array(batchRows);
    const sourceTimes = new Float64Array(batchRows);
    const at = story.at + second;
    for (let i = 0; i < batchRows; i++) {
      keys[i] = (i % pointsTold) + 1;
      values[i] = Math.round(1000 * Math.sin((told + i) / 50_000)) / 10 + i;
      sourceTimes[i] = at - i * 100;
    }
    const samples = { keys, values, sourceTimes, qualities: new Uint8Array(batchRows), origin: "asked" as const, stream: "bench" };
    yield story.fact({ kind: "samples", samples }) as Extract<Fact, { kind: "samples" }>;
  }
}
