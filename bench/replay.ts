import { mkdtempSync, openSync, closeSync, fdatasyncSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LimitRule } from "#msgs/alarm.ts";
import type { FactBody } from "#msgs/fact.ts";
import type { Recorder } from "#src/contract/timeline.ts";
import { openJournal } from "#db/journal/open.ts";
import { openStore } from "#db/store/open.ts";
import { Runner } from "#replay/runner.ts";
import { LimitsTap } from "#src/alarms/limits.ts";
import { seededRandom } from "#src/kit/random.ts";
import { silentLog } from "#src/kit/log.ts";
import { openReplay } from "#src/replay-timeline.ts";
import { machineClocks, machineTimers } from "#src/timeline/machine-clocks.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { configOf } from "#test/fakes/facts.ts";
import { durable } from "#test/fakes/recording.ts";
import type { BenchRow } from "./row.ts";

const points = 10_000;
const batches = 500;
const samplesTold = points * batches;
const second = 1_000_000;
const start = 1_790_000_000 * second;
const end = start + (batches + 1) * second;
/** One sample in so many is beyond its limit: ten alarms a second come and go, a bad day for a plant of this size. */
const beyondOneIn = 1_000;
/** Samples waiting for the disk at most, as intake would hold it. */
const waitingMax = 1_000_000;
const version = "bench";

/** A stretch of live goes into the journal, durably, and is then retold flat out, each beside the bare thing in the same run. */
export async function rows(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "plainview-bench-replay-"));
  try {
    const recorded = await record(join(folder, "journal"));
    const bare = bareWrite(join(folder, "bare"), recorded.bytes);
    const told = throughTheLoop();
    const replayed = await retold(join(folder, "journal"));
    const rate = (seconds: number) => `${(samplesTold / seconds / 1e6).toFixed(1)} M samples/s`;
    return [
      {
        what: `journal, durable: live batches of ${points} with latest, staleness and a limit rule a point`,
        ours: `${rate(recorded.seconds)}, ${(recorded.bytes / samplesTold).toFixed(1)} bytes each`,
        peer: `${rate(bare)}, writing as many bytes a batch at a time, each with fdatasync`,
        ratio: bare / recorded.seconds,
        bar: "1 M samples/s",
      },
      {
        what: `replay of it flat out, the same taps; ${replayed.decisions} decisions, the same hash as live: ${replayed.isSame ? "yes" : "NO"}`,
        ours: rate(replayed.seconds),
        peer: `${rate(told)}, the same facts through the loop from memory`,
        ratio: told / replayed.seconds,
        bar: "1 M samples/s",
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function* story(): Generator<{ at: number; body: FactBody }> {
  const rules = Array.from({ length: points }, (_, i): LimitRule => ({
    id: `r-${i}`, point: `p-${i + 1}`, when: "above", limit: 84, deadband: 1, onDelayMs: 500, offDelayMs: 500, priority: "low", message: "",
  })); // prettier-ignore
  yield { at: start, body: configOf(points, {}, rules) };
  const random = seededRandom(1);
  const keys = Uint32Array.from({ length: points }, (_, i) => i + 1);
  for (let told = 1; told <= batches; told++) {
    const at = start + told * second;
    const values = Float64Array.from(
      { length: points },
      () => Math.round(400 + random() * 430) / 10 + (random() * beyondOneIn < 1 ? 45 : 0),
    );
    const sourceTimes = new Float64Array(points).fill(at - 1_000);
    const samples = { keys, values, sourceTimes, qualities: new Uint8Array(points), origin: "asked" as const, stream: "bench" };
    yield { at, body: { kind: "samples", samples } };
  }
}

function liveTimeline(recorder?: Recorder) {
  const taps = standardTaps();
  const factories = [...taps.factories, new LimitsTap(taps.plant).factory];
  return open({ id: "live", kind: "live", from: start, taps: factories, ...(recorder && { recorder }) }, version);
}

async function record(folder: string): Promise<{ seconds: number; bytes: number }> {
  const journal = await openJournal({ folder, log: silentLog });
  const opened = liveTimeline(journal);
  const told = [...story()];
  const began = performance.now();
  for (const { at, body } of told) {
    opened.into.publish(body, at);
    await new Promise((resolve) => setImmediate(resolve));
    while (journal.backlog > waitingMax) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // What was recorded may have been durable before anybody asks, so a second more of nothing follows it.
  const last = durable(journal, opened.seq() + 1);
  opened.into.publish({ kind: "tick" }, end);
  await last;
  const seconds = (performance.now() - began) / 1_000;
  await journal.close();
  return { seconds, bytes: readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) };
}

function bareWrite(path: string, bytes: number): number {
  const batch = Buffer.alloc(Math.ceil(bytes / batches), 7);
  const file = openSync(path, "w");
  const began = performance.now();
  for (let written = 0; written < batches; written++) {
    writeSync(file, batch);
    fdatasyncSync(file);
  }
  closeSync(file);
  return (performance.now() - began) / 1_000;
}

function throughTheLoop(): number {
  const opened = liveTimeline();
  const told = [...story()];
  const began = performance.now();
  for (const { at, body } of told) opened.into.publish(body, at);
  return (performance.now() - began) / 1_000;
}

async function retold(journalFolder: string): Promise<{ seconds: number; decisions: number; isSame: boolean }> {
  const store = openStore({ journalFolder, log: silentLog });
  const runner = new Runner(
    {
      id: "bench",
      from: start,
      to: end,
      store,
      version,
      open: (at) => openReplay("bench", version, at),
      realUs: machineClocks.monotonicUs,
      timers: machineTimers,
      send: () => {},
    },
    "max",
  );
  const began = performance.now();
  runner.play();
  await runner.run();
  const seconds = (performance.now() - began) / 1_000;
  const { recorded, recomputed } = runner.decided;
  runner.close();
  await store.close();
  return { seconds, decisions: recomputed.count, isSame: recorded.hash === recomputed.hash && recorded.count === recomputed.count };
}
