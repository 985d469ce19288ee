import { describe, expect, it } from "vitest";
import type { LimitRule } from "#msgs/alarm.ts";
import type { Derivation, Fact } from "#msgs/fact.ts";
import type { Checkpoint, Opened } from "#src/contract/timeline.ts";
import { LimitsTap } from "#src/alarms/limits.ts";
import { between, seededRandom } from "#src/kit/random.ts";
import { LiveDriver } from "#src/timeline/live-driver.ts";
import { SlewedTime } from "#src/timeline/live-time.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { configOf, samplesFact } from "#test/fakes/facts.ts";
import { Machine } from "#test/fakes/machine.ts";

// The proof everything else leans on: what the taps decide depends on the recorded facts alone, not on when anybody looked.
const seeds = process.env.PLAINVIEW_SOAK ? 3_000 : 300;
const second = 1_000_000;
const points = 4;
const firstSeed = Number(process.env.PLAINVIEW_SEED ?? 1);

const rules: LimitRule[] = Array.from({ length: points }, (_, i) => ({
  id: `high-${i + 1}`,
  point: `p-${i + 1}`,
  when: "above",
  limit: 80,
  deadband: 3,
  onDelayMs: 500,
  offDelayMs: 300,
  priority: "high",
  message: "high",
}));

function timeline(kind: "live" | "replay", from: number): { opened: Opened; journal: string[] } {
  const taps = standardTaps();
  const opened = open({ id: kind, kind, from, taps: [...taps.factories, new LimitsTap(taps.plant).factory] });
  const journal: string[] = [];
  opened.timeline.bus.onDerived((derivation) => journal.push(lineOf(derivation)));
  return { opened, journal };
}

const lineOf = ({ at, seq, tap, subject, state }: Derivation): string => `${at} ${seq} ${tap} ${subject} ${state}`;

/** Live: jittering arrivals, bursts, silences, late timers, stalls, steps of the wall clock, a backlog that comes and goes. */
function liveRun(seed: number) {
  const random = seededRandom(seed);
  const machine = new Machine(1_790_000_000_000_000);
  const time = new SlewedTime(machine, 0);
  const { opened, journal } = timeline("live", time.now());
  const facts: Fact[] = [];
  const checkpoints: { checkpoint: Checkpoint; lines: number }[] = [];
  opened.timeline.bus.follow((fact) => facts.push(fact));
  let backlog = 0;
  const driver = new LiveDriver({
    opened,
    time,
    timers: machine.timers,
    afterArrivals: machine.afterArrivals,
    backlog: () => backlog,
    backlogAtMost: 10,
  });
  driver.start();
  driver.publish(configOf(points, {}, rules));
  for (let i = 0; i < 400; i++) {
    machine.run(between(random, 0, random() < 0.05 ? 4 * second : 150_000));
    if (random() < 0.01) machine.stepWall(between(random, -2 * second, 20 * second));
    if (random() < 0.01) machine.stall(between(random, second, 6 * second));
    if (random() < 0.02) backlog = backlog > 0 ? 0 : 20;
    const rows = Array.from({ length: between(random, 1, 3) }, () => ({
      key: between(random, 1, points),
      value: random() < 0.05 ? Number.NaN : random() < 0.4 ? 85 : random() < 0.1 ? -0 : 40 + random() * 40,
      quality: random() < 0.05 ? 129 : 0,
    }));
    driver.publish(samplesFact(rows, random() < 0.05 ? "historical" : "asked"));
    if (random() < 0.02) checkpoints.push({ checkpoint: opened.save(), lines: journal.length });
  }
  machine.run(5 * second);
  driver.stop();
  return { facts, journal, checkpoints, end: opened.timeline.clock.now() };
}

/** Replay: the same facts at any pace, time moved in any steps in between. */
function replayRun(facts: readonly Fact[], end: number, paceSeed: number, from?: Checkpoint): string[] {
  const random = seededRandom(paceSeed);
  const { opened, journal } = timeline("replay", facts[0]!.at - 1);
  if (from) opened.restore(from);
  for (const fact of facts) {
    if (from && fact.seq <= from.seq) continue;
    const now = opened.timeline.clock.now();
    const upTo = fact.kind === "clock" ? fact.from : fact.at;
    while (random() < 0.4 && upTo > now) opened.advance(now + Math.floor(random() * (upTo - now)));
    opened.retell(fact);
  }
  opened.advance(end);
  return journal;
}

describe("live and replay", () => {
  it(`decide the same to the byte over ${seeds} seeds, also from a checkpoint in the middle`, () => {
    let compared = 0;
    let restored = 0;
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const live = liveRun(seed);
      for (const pace of [1, 2]) {
        expect(replayRun(live.facts, live.end, seed * 7 + pace).join("\n"), `seed ${seed}`).toBe(live.journal.join("\n"));
      }
      for (const { checkpoint, lines } of live.checkpoints.slice(0, 2)) {
        const tail = replayRun(live.facts, live.end, seed * 11, structuredClone(checkpoint));
        expect(tail.join("\n"), `seed ${seed} from ${checkpoint.seq}`).toBe(live.journal.slice(lines).join("\n"));
        restored++;
      }
      compared += live.journal.length;
    }
    expect(compared).toBeGreaterThan(seeds * 20);
    expect(restored).toBeGreaterThan(seeds / 2);
  });

  it("differ when time is asked of the wall: the comparison can fail", () => {
    const live = liveRun(firstSeed);
    const late = live.facts.map((fact) => (fact.kind === "samples" && fact.seq % 50 === 0 ? { ...fact, at: fact.at + 1 } : fact));
    const replay = replayRun(
      late.filter((fact, i) => i === 0 || fact.at >= late[i - 1]!.at),
      live.end,
      1,
    );
    expect(replay.join("\n")).not.toBe(live.journal.join("\n"));
  });
});
