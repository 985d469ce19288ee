import { describe, expect, it } from "vitest";
import type { MissionFrame } from "#src/contract/gateway.ts";
import type { JournalEntry } from "#src/contract/store.ts";
import type { MissionSpeed } from "#msgs/mission.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { configOf, samplesFact } from "#test/fakes/facts.ts";
import { Machine } from "#test/fakes/machine.ts";
import { memoryStore } from "#test/fakes/memory-store.ts";
import { Runner } from "./runner.ts";

const second = 1_000_000;
const start = 1_790_000_000 * second;

/** Sixty seconds in which p-1 speaks every half second and falls silent from 20 s to 30 s, checkpointed at 40 s. */
function recording(thenStoppedAtSeconds?: number): JournalEntry[] {
  const entries: JournalEntry[] = [];
  const taps = standardTaps();
  const recorder = {
    fact: (fact: JournalEntry & { kind: "fact" } extends { fact: infer F } ? F : never) => void entries.push({ kind: "fact", fact }),
    derived: (derivation: JournalEntry & { kind: "derived" } extends { derivation: infer D } ? D : never) =>
      void entries.push({ kind: "derived", derivation }),
  };
  const opened = open({ id: "live", kind: "live", from: start, taps: taps.factories, recorder }, "v1");
  opened.into.publish(configOf(2), start);
  for (let ms = 0; ms < 60_000; ms += 500) {
    const at = start + ms * 1_000;
    if (ms % 1_000 === 0) opened.into.publish({ kind: "tick" }, at);
    if (ms < 20_000 || ms >= 30_000) opened.into.publish(samplesFact([{ key: 1, value: ms }]), at);
    if (ms === 40_000) entries.push({ kind: "checkpoint", checkpoint: opened.save() });
  }
  if (thenStoppedAtSeconds !== undefined) {
    const from = start + thenStoppedAtSeconds * second;
    const at = from + 3_600 * second;
    opened.into.publish({ kind: "clock", from, why: "started", wallAheadUs: 0, trusted: true }, at);
    for (let s = 1; s < 10; s++) opened.into.publish({ kind: "tick" }, at + s * second);
  }
  return entries;
}

function mission(window: { from: number; to: number }, speed: MissionSpeed, version = "v1", entries = recording()) {
  const machine = new Machine(0);
  const frames: MissionFrame[] = [];
  const runner = new Runner(
    {
      id: "mission-1",
      from: start + window.from * second,
      to: start + window.to * second,
      store: memoryStore(entries),
      version,
      open: (from) => {
        const taps = standardTaps();
        const opened = open({ id: "mission-1", kind: "replay", from, taps: taps.factories }, version);
        const snapshot = () => [{ at: opened.timeline.clock.now(), seq: opened.seq(), ...taps.plant.config! }];
        return { opened, plant: taps.plant, taps: new Set(["plant", "staleness", "latest"]), snapshot };
      },
      realUs: () => machine.monotonicUs(),
      timers: machine.timers,
      send: (frame) => frames.push(frame),
    },
    speed,
  );
  const result = runner.run();
  let ended: boolean | undefined;
  void result.then((whole) => (ended = whole));
  return { machine, runner, frames, result, ended: () => ended };
}

const derivedIn = (frames: readonly MissionFrame[]) =>
  frames.flatMap(({ derived }) => derived.map(({ at, subject, state }) => `${(at - start) / second} ${subject} ${state}`));

describe("a mission", () => {
  it("decides the same as live did, at every speed", async () => {
    const hashes = new Set<string>();
    for (const speed of [1, 4, 10, 250, 1000, "max"] as const) {
      const { machine, runner, frames, ended } = mission({ from: 10, to: 50 }, speed);
      runner.play();
      for (let i = 0; i < 2_000 && ended() === undefined; i++)
        await machine.runAsync(speed === "max" ? 1_000 : (40 * second) / speed / 100, 50_000);
      expect(ended(), `speed ${speed}`).toBe(true);
      expect(derivedIn(frames)).toEqual(["21.5 p-1 stale", "30 p-1 fresh"]);
      const { recorded, recomputed } = runner.decided;
      expect(recomputed).toEqual(recorded);
      expect(recomputed.count).toBe(2);
      hashes.add(recomputed.hash);
    }
    expect(hashes.size).toBe(1);
  });

  it("takes the time it should: ten seconds at 2x are five", async () => {
    const { machine, runner, ended } = mission({ from: 0, to: 10 }, 2);
    runner.play();
    await machine.runAsync(4.8 * second, 20_000);
    expect(ended()).toBeUndefined();
    await machine.runAsync(0.5 * second, 20_000);
    expect(ended()).toBe(true);
  });

  it("does not wait through a stretch in which the gateway was stopped, and keeps its pace behind it", async () => {
    const stopped = recording(60);
    const { machine, ended, runner } = mission({ from: 40, to: 70 + 3_600 }, 2, "v1", stopped);
    runner.play();
    await machine.runAsync(9.5 * second, 20_000);
    expect(runner.now - start).toBeLessThan(60 * second);
    await machine.runAsync(1.5 * second, 20_000);
    expect(runner.now - start).toBeGreaterThan(3_660 * second);
    expect(ended()).toBeUndefined();
    await machine.runAsync(5 * second, 20_000);
    expect(ended()).toBe(true);
  });

  it("begins with the plant as it was, from the checkpoint before its window", async () => {
    const { machine, runner, frames } = mission({ from: 45, to: 50 }, "max");
    runner.play();
    await machine.runAsync(50_000);
    expect(frames[0]).toMatchObject({ timeline: "mission-1", now: start + 45 * second, facts: [{ kind: "config" }] });
    expect(runner.decided.recomputed.count).toBe(0);
  });

  it("stands still while paused and goes on from there", async () => {
    const { machine, runner, ended } = mission({ from: 0, to: 10 }, 1);
    runner.play();
    await machine.runAsync(3 * second, 20_000);
    runner.pause();
    await machine.runAsync(1_000);
    const at = runner.now;
    await machine.runAsync(30 * second, 100_000);
    expect(runner.now).toBe(at);
    runner.setSpeed("max");
    runner.play();
    await machine.runAsync(0.2 * second);
    expect(ended()).toBe(true);
  });

  it("ends at once when stopped", async () => {
    const { machine, runner, ended } = mission({ from: 0, to: 60 }, 1);
    runner.play();
    await machine.runAsync(1 * second, 20_000);
    runner.stop();
    await machine.runAsync(0.3 * second);
    expect(ended()).toBe(false);
  });
});
