import { describe, expect, it } from "vitest";
import type { Fact, FactOf } from "#msgs/fact.ts";
import { hostOn } from "#test/fakes/host-rig.ts";
import type { FarSide, LogRow } from "#test/fakes/scripted-adapter.ts";
import { farSide, scriptedConfig } from "#test/fakes/scripted-adapter.ts";

const second = 1_000_000;
const minute = 60 * second;
const noon = 1_789_990_000 * second;

function rows(count: number, from = noon, everyUs = minute, first = 1): LogRow[] {
  return Array.from({ length: count }, (_, i) => ({ value: first + i, at: from + i * everyUs }));
}

function recording(logs: Readonly<Record<string, LogRow[]>>): FarSide {
  const far = farSide();
  far.logs = new Map(Object.entries(logs));
  return far;
}

const fillings = (facts: readonly Fact[]) =>
  facts
    .filter((fact): fact is FactOf<"gap"> => fact.kind === "gap" && fact.lost === 0)
    .map(({ stream, from, to }) => ({ stream, from: (from - noon) / minute, to: (to - noon) / minute }));
const oneTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("what a device recorded itself", () => {
  it("is taken over when the device comes up, in order, once, and touches neither latest nor staleness", async () => {
    const far = recording({ "a/1": rows(8) });
    const { machine, host, spec, stored, latest, facts, stop } = hostOn(far, scriptedConfig({ a: 2 }));
    far.values.set("a/1", 500);
    await host.apply([spec]);
    await machine.runAsync(second, 5_000);
    expect(stored("a/1", "historical")).toEqual(oneTo(8));
    expect(stored("a/2", "historical")).toEqual([]);
    expect(latest.get("a/1")).toMatchObject({ value: 500, quality: 0 });
    const batches = facts.flatMap((fact) => (fact.kind === "samples" && fact.samples.resume ? [fact.samples] : []));
    expect(batches.map(({ resume, keys }) => [resume, keys.length])).toEqual([
      [{ source: "link/a/a/1", token: "3" }, 3],
      [{ source: "link/a/a/1", token: "6" }, 3],
      [{ source: "link/a/a/1", token: "8" }, 2],
    ]);
    await stop();
  });

  it("is asked for again every ten minutes and when the device was away, each time from where the record stands", async () => {
    const far = recording({ "a/1": rows(2) });
    const { machine, host, spec, stored, stop } = hostOn(far, scriptedConfig({ a: 1, b: 1 }));
    await host.apply([spec]);
    await machine.runAsync(5 * second, 50_000);
    far.logs!.get("a/1")!.push(...rows(3, noon + 2 * minute, minute, 3));
    await machine.runAsync(9 * minute, 200_000);
    expect(stored("a/1", "historical")).toEqual(oneTo(2));
    await machine.runAsync(minute + 5 * second, 200_000);
    expect(stored("a/1", "historical")).toEqual(oneTo(5));
    far.dead.add("a");
    await machine.runAsync(10 * second, 50_000);
    far.logs!.get("a/1")!.push(...rows(1, noon + 5 * minute, minute, 6));
    far.dead.delete("a");
    await machine.runAsync(40 * second, 50_000);
    expect(stored("a/1", "historical")).toEqual(oneTo(6));
    expect(far.historyAsked.map(({ token }) => token)).toEqual([undefined, "2", "5"]);
    await stop();
  });

  it("waits for the record: the next page is not asked for before the last is durable", async () => {
    const far = recording({ "a/1": rows(30) });
    const { machine, host, spec, stored, hold, stop } = hostOn(far, scriptedConfig({ a: 1 }), { holds: "later" });
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    expect(stored("a/1", "historical")).toEqual(oneTo(3));
    hold();
    await machine.runAsync(100_000, 5_000);
    expect(stored("a/1", "historical")).toEqual(oneTo(6));
    await stop();
  });

  it("a link that is lost before the page was durable does not make it come twice", async () => {
    const far = recording({ "a/1": rows(7) });
    const { machine, host, spec, stored, hold, stop } = hostOn(far, scriptedConfig({ a: 1 }), { holds: "later" });
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    far.drop?.();
    await machine.runAsync(2 * second, 5_000);
    for (let i = 0; i < 5; i++) {
      hold();
      await machine.runAsync(second, 5_000);
    }
    expect(stored("a/1", "historical")).toEqual(oneTo(7));
    await stop();
  });

  it("gives way while the journal is behind, and nothing of it counts as lost", async () => {
    const far = recording({ "a/1": rows(7) });
    const { machine, host, spec, stored, backlog, facts, stop } = hostOn(far, scriptedConfig({ a: 1 }));
    backlog.samples = 0.6e9;
    await host.apply([spec]);
    await machine.runAsync(5 * second, 20_000);
    expect(stored("a/1", "historical")).toEqual([]);
    expect(stored("a/1", "asked").length).toBeGreaterThan(3);
    backlog.samples = 0;
    await machine.runAsync(2 * second, 20_000);
    expect(stored("a/1", "historical")).toEqual(oneTo(7));
    expect(facts.filter(({ kind }) => kind === "gap")).toEqual([]);
    await stop();
  });

  it("a device that cannot be asked for its past is read as ever", async () => {
    const far = recording({ "a/1": rows(3) });
    const { machine, host, spec, links, latest, stop } = hostOn(far, scriptedConfig({ a: 1 }));
    const refusing = { ...spec, module: { ...spec.module, create: (config: typeof spec.config, env: Parameters<typeof spec.module.create>[1]) => withBrokenHistory(spec.module.create(config, env)) } }; // prettier-ignore
    await host.apply([refusing]);
    await machine.runAsync(70 * second, 50_000);
    expect(links("a")).toEqual(["up"]);
    expect(latest.get("a/1")).toMatchObject({ quality: 0 });
    expect(host.status()[0]!.counters.errors).toEqual({ "bad-answer": 3 });
    await stop();
  });
});

describe("a declared gap", () => {
  it("is filled for the point as far as its device recorded, and for the device when all its points did", async () => {
    const far = recording({ "a/1": rows(60), "a/2": rows(50) });
    const { machine, host, spec, driver, facts, taps, stop } = hostOn(far, scriptedConfig({ a: 2, b: 1 }));
    driver.publish({ kind: "gap", stream: "*", from: noon + 20 * minute, to: noon + 70 * minute, lost: "unknown", why: "stopped" });
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    expect(fillings(facts)).toEqual([
      { stream: "link/a/a/1", from: 20, to: 59 },
      { stream: "link/a/a/2", from: 20, to: 49 },
      { stream: "link/a", from: 20, to: 49 },
    ]);
    expect(taps.resume.missing("link/b")).toHaveLength(1);
    far.logs!.get("a/1")!.push(...rows(20, noon + 60 * minute, minute, 61));
    await machine.runAsync(10 * minute + 5 * second, 200_000);
    expect(fillings(facts).slice(3)).toEqual([{ stream: "link/a/a/1", from: 59, to: 70 }]);
    expect(taps.resume.missing("link/a/a/1")).toEqual([]);
    await machine.runAsync(20 * minute, 500_000);
    expect(fillings(facts)).toHaveLength(4);
    await stop();
  });

  it("is not filled across records the device itself has lost", async () => {
    const lost: LogRow = { value: null, at: noon + 30 * minute };
    const far = recording({ "a/1": [...rows(20), lost, ...rows(20, noon + 40 * minute, minute, 41)] });
    const { machine, host, spec, driver, facts, stop } = hostOn(far, scriptedConfig({ a: 1, b: 1 }));
    driver.publish({ kind: "gap", stream: "link/a", from: noon + 10 * minute, to: noon + 70 * minute, lost: 9, why: "shed" });
    far.pageRows = 100;
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    expect(fillings(facts).filter(({ stream }) => stream === "link/a/a/1")).toEqual([
      { stream: "link/a/a/1", from: 10, to: 19 },
      { stream: "link/a/a/1", from: 40, to: 59 },
    ]);
    await stop();
  });
});

type Made = ReturnType<ReturnType<typeof hostOn>["spec"]["module"]["create"]>;

function withBrokenHistory(adapter: Made): Made {
  return {
    connect: async (signal) => ({
      ...(await adapter.connect(signal)),
      history: () => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("a log that makes no sense")) }),
      }),
    }),
  };
}
