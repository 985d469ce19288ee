import { describe, expect, it } from "vitest";
import type { Derivation, Fact, FactBody } from "#msgs/fact.ts";
import { configOf, samplesFact } from "#test/fakes/facts.ts";
import { Machine } from "#test/fakes/machine.ts";
import { LiveDriver } from "./live-driver.ts";
import { SlewedTime } from "./live-time.ts";
import { open } from "./open.ts";
import { standardTaps } from "./standard.ts";

const second = 1_000_000;
const day = 86_400 * second;
const noon = Date.UTC(2026, 10, 21, 12) * 1_000;

function liveOn(machine: Machine, options: { after?: number; backlog?: () => number } = {}) {
  const taps = standardTaps();
  const time = new SlewedTime(machine, options.after ?? 0);
  const opened = open({ id: "live", kind: "live", from: options.after ?? time.now(), taps: taps.factories });
  const facts: Fact[] = [];
  const derived: Derivation[] = [];
  opened.timeline.bus.follow((fact) => facts.push(fact));
  opened.timeline.bus.onDerived((derivation) => derived.push(derivation));
  const driver = new LiveDriver({
    opened,
    time,
    timers: machine.timers,
    afterArrivals: machine.afterArrivals,
    backlog: options.backlog ?? (() => 0),
    backlogAtMost: 1_000,
  });
  driver.start();
  driver.publish(configOf(2));
  const stop = machine.timers.every(500, () => driver.publish(samplesFact([{ key: 1, value: 1 }])));
  return { driver, opened, time, facts, derived, latest: taps.latest, stopSampling: stop };
}

const clocks = (facts: readonly Fact[]) => facts.flatMap((fact) => (fact.kind === "clock" ? [fact] : [])).slice(1);

describe("live time", () => {
  it("a tick each second records that time passed", () => {
    const machine = new Machine(noon);
    const { facts } = liveOn(machine);
    machine.run(10 * second);
    const ticks = facts.filter((fact) => fact.kind === "tick");
    expect(ticks.length).toBeGreaterThanOrEqual(8);
    expect(ticks.length).toBeLessThanOrEqual(10);
  });

  it("the wall clock stepping forward a day is a clock fact, and no duration sees it", () => {
    const machine = new Machine(noon);
    const { facts, derived, opened, time } = liveOn(machine);
    machine.run(3 * second);
    machine.stepWall(day);
    machine.run(3 * second);
    expect(derived).toEqual([]);
    expect(clocks(facts)).toMatchObject([{ why: "stepped forward", wallAheadUs: 0, trusted: true }]);
    expect(Math.abs(opened.timeline.clock.now() - machine.wallUs())).toBeLessThan(second);
    expect(time.trusted()).toBe(true);
  });

  it("a point that really falls silent across a forward step goes stale after its two seconds, not before", () => {
    const machine = new Machine(noon);
    const { derived, stopSampling } = liveOn(machine);
    machine.run(1_600_000);
    stopSampling();
    machine.stepWall(day);
    machine.run(1_500_000);
    expect(derived).toEqual([]);
    machine.run(1 * second);
    expect(derived.map(({ subject, state }) => [subject, state])).toEqual([["p-1", "stale"]]);
  });

  it("the wall clock stepping back an hour is a clock fact; time goes on and is not trusted until it agrees again", () => {
    const machine = new Machine(noon);
    const { facts, derived, opened, time } = liveOn(machine);
    machine.run(3 * second);
    machine.stepWall(-3_600 * second);
    machine.run(3 * second);
    const before = opened.timeline.clock.now();
    expect(before).toBeGreaterThan(noon + 5 * second);
    expect(derived).toEqual([]);
    expect(clocks(facts)).toMatchObject([{ why: "stepped backward", trusted: false }]);
    expect(time.trusted()).toBe(false);
    machine.stepWall(3_600 * second);
    machine.run(3 * second);
    expect(time.trusted()).toBe(true);
    expect(clocks(facts)).toMatchObject([{ why: "stepped backward" }, { why: "stepped forward", wallAheadUs: 0, trusted: true }]);
  });

  it("a machine that boots in 1970 is not trusted until it learns the date, and nothing goes stale when it does", () => {
    const machine = new Machine(0);
    const { facts, derived, time, opened } = liveOn(machine);
    machine.run(3 * second);
    expect(time.trusted()).toBe(false);
    machine.stepWall(noon);
    machine.run(3 * second);
    expect(time.trusted()).toBe(true);
    expect(clocks(facts)).toMatchObject([{ why: "stepped forward", trusted: true }]);
    expect(opened.timeline.clock.now()).toBeGreaterThan(noon);
    expect(derived).toEqual([]);
  });

  it("time begins later than the record ends even when the wall clock is behind it", () => {
    const machine = new Machine(noon);
    const { facts, time } = liveOn(machine, { after: noon + 3_600 * second });
    machine.run(1 * second);
    expect(facts[0]).toMatchObject({ kind: "clock", why: "started", trusted: false });
    expect(facts.every((fact) => fact.at > noon + 3_600 * second)).toBe(true);
    expect(time.trusted()).toBe(false);
  });

  it("a small disagreement is slewed away without a fact and without time going back", () => {
    const machine = new Machine(noon);
    const { facts, opened } = liveOn(machine);
    machine.stepWall(-200_000);
    let last = 0;
    for (let i = 0; i < 500; i++) {
      machine.run(1 * second);
      expect(opened.timeline.clock.now()).toBeGreaterThanOrEqual(last);
      last = opened.timeline.clock.now();
    }
    expect(clocks(facts)).toEqual([]);
    expect(Math.abs(opened.timeline.clock.now() - machine.wallUs())).toBeLessThan(300_000);
    const behind = machine.wallUs() - opened.timeline.clock.now();
    expect(behind).toBeGreaterThan(-20_000);
  });

  it("a process that stands still for five seconds raises no false stale: arrivals are heard before time moves past them", () => {
    const machine = new Machine(noon);
    const { facts, derived, driver } = liveOn(machine);
    machine.run(3 * second);
    machine.stall(5 * second);
    driver.publish(samplesFact([{ key: 1, value: 2 }]));
    machine.run(3 * second);
    expect(derived).toEqual([]);
    expect(clocks(facts)).toMatchObject([{ why: "stalled" }]);
  });
});

describe("live never waits", () => {
  it("a disk that stalls for five seconds raises no false stale, and what was shed is a declared gap", () => {
    const machine = new Machine(noon);
    let backlog = 0;
    const { facts, derived, driver } = liveOn(machine, { backlog: () => backlog });
    const before = facts.filter((fact) => fact.kind === "samples").length;
    machine.run(1 * second);
    const stop = machine.timers.every(100, () => (backlog += 200));
    machine.run(500_000);
    expect(facts.filter((fact) => fact.kind === "samples").length).toBeGreaterThan(before);
    stop();
    expect(derived).toEqual([]);
    backlog = 2_000;
    for (let i = 0; i < 20; i++) driver.publish(samplesFact([{ key: 2, value: i }]));
    driver.publish({ kind: "event", type: "never shed", data: {} });
    expect(facts.at(-1)).toMatchObject({ kind: "event" });
    backlog = 100;
    machine.run(1 * second);
    const gaps = facts.filter((fact) => fact.kind === "gap");
    expect(gaps).toMatchObject([{ stream: "adapter-1/device-1", lost: 20 }]);
    machine.run(1 * second);
    expect(facts.at(-1)!.at).toBeGreaterThan(gaps[0]!.at);
    expect(derived).toEqual([]);
  });

  it("what a source can hand over again is turned away first, and that is no loss", () => {
    const machine = new Machine(noon);
    let backlog = 600;
    const { facts, driver, stopSampling } = liveOn(machine, { backlog: () => backlog });
    stopSampling();
    const { samples } = samplesFact([{ key: 2, value: 7 }], "historical") as Extract<FactBody, { kind: "samples" }>;
    expect(driver.offer({ ...samples, resume: { source: "s", token: "1" } })).toBeUndefined();
    expect(driver.offer(samples)).toBeDefined();
    backlog = 400;
    expect(driver.offer({ ...samples, resume: { source: "s", token: "1" } })).toBeDefined();
    machine.run(2 * second);
    expect(facts.filter((fact) => fact.kind === "gap")).toEqual([]);
  });

  it("that values are not to be had is never shed, and once a point is enough while its stream is shed", () => {
    const machine = new Machine(noon);
    let backlog = 0;
    const { facts, latest, driver, stopSampling } = liveOn(machine, { backlog: () => backlog });
    stopSampling();
    const { samples: good } = samplesFact([{ key: 2, value: 7 }]) as Extract<FactBody, { kind: "samples" }>;
    const bad = { ...good, values: Float64Array.of(Number.NaN), qualities: Uint8Array.of(129) };
    driver.offer(good);
    backlog = 5_000;
    expect(driver.offer(bad, true)).toBeDefined();
    expect(latest.get("p-2")).toMatchObject({ value: null, quality: 129 });
    expect(driver.offer(good)).toBeUndefined();
    expect(driver.offer(bad, true)).toBeDefined();
    const before = facts.length;
    for (let i = 0; i < 10; i++) expect(driver.offer(bad, true)).toBeUndefined();
    expect(facts).toHaveLength(before);
    expect(driver.offer({ ...bad, keys: Uint32Array.of(1) }, true)).toBeDefined();
    backlog = 0;
    machine.run(1 * second);
    expect(facts.filter((fact) => fact.kind === "gap")).toMatchObject([{ stream: "adapter-1/device-1", lost: 11 }]);
    expect(driver.offer(good)).toBeDefined();
    expect(driver.offer(bad, true)).toBeDefined();
  });

  it("taps and record see the same sequence: a shed sample reaches neither", () => {
    const machine = new Machine(noon);
    const { facts, latest, driver, stopSampling } = liveOn(machine, { backlog: () => 5_000 });
    stopSampling();
    driver.publish(samplesFact([{ key: 2, value: 7 }]));
    expect(latest.get("p-2")).toBeUndefined();
    expect(facts.some((fact) => fact.kind === "samples")).toBe(false);
  });
});
