import { describe, expect, it } from "vitest";
import type { FactOf } from "#msgs/fact.ts";
import { hostOn, siteOf } from "#test/fakes/host-rig.ts";
import { farSide, scriptedConfig } from "#test/fakes/scripted-adapter.ts";

const second = 1_000_000;

describe("a link", () => {
  it("says connecting, marks its points bad until they were heard, then reads them", async () => {
    const { machine, host, spec, links, latest, stop } = hostOn(farSide(), scriptedConfig({ a: 2 }));
    await host.apply([spec]);
    expect(latest.get("a/1")).toMatchObject({ value: null, quality: 132 });
    expect(host.attempted()).toBe(false);
    await machine.runAsync(100_000);
    expect(host.attempted()).toBe(true);
    expect(latest.get("a/1")).toMatchObject({ value: 1, quality: 0 });
    expect(links()).toEqual(["connecting", "up"]);
    expect(links("a")).toEqual(["up"]);
    await stop();
    expect(links().at(-1)).toBe("stopped");
  });

  it("backs off while refused, tells the refusal once, and comes up when it is let in", async () => {
    const far = farSide();
    far.refuses = "nobody home";
    const { machine, host, spec, links, stop } = hostOn(far, scriptedConfig({ a: 1 }));
    await host.apply([spec]);
    await machine.runAsync(60 * second, 20_000);
    expect(links()).toEqual(["connecting", "down: nobody home"]);
    expect(far.connects).toBeGreaterThan(4);
    expect(far.connects).toBeLessThan(12);
    delete far.refuses;
    await machine.runAsync(40 * second, 20_000);
    expect(links().at(-1)).toBe("up");
    await stop();
  });

  it("makes every point bad at once when the connection is lost, and heals by itself", async () => {
    const far = farSide();
    const { machine, host, spec, latest, stop } = hostOn(far, scriptedConfig({ a: 2, b: 1 }));
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    far.drop?.();
    await machine.runAsync(1_000);
    expect(["a/1", "a/2", "b/1"].map((id) => latest.get(id)?.quality)).toEqual([129, 129, 129]);
    expect(latest.get("a/1")?.lastGood).toMatchObject({ value: 1 });
    await machine.runAsync(3 * second, 5_000);
    expect(latest.get("a/1")).toMatchObject({ value: 1, quality: 0 });
    await stop();
  });

  it("stops within its timers even while it waits to try again", async () => {
    const far = farSide();
    far.refuses = "no";
    const { machine, host, spec, stop } = hostOn(far, scriptedConfig({ a: 1 }));
    await host.apply([spec]);
    await machine.runAsync(10 * second, 50_000);
    await stop();
    const before = far.connects;
    await machine.runAsync(60 * second, 200_000);
    expect(far.connects).toBe(before);
  });
});

describe("polling", () => {
  it("does not drift and does not pile up when answers are slow", async () => {
    const far = farSide();
    const { machine, host, spec, stop } = hostOn(far, scriptedConfig({ a: 1 }));
    await host.apply([spec]);
    await machine.runAsync(100_000);
    far.answerMs = 300;
    await machine.runAsync(20 * second, 10_000);
    const times = far.asked.slice(2).map(({ atUs }) => atUs);
    const offsets = times.map((at) => (at - times[0]!) % second);
    expect(Math.max(...offsets.map((offset) => Math.min(offset, second - offset)))).toBeLessThan(20_000);
    expect(times.length).toBeGreaterThanOrEqual(17);
    far.answerMs = 2_500;
    far.asked.length = 0;
    await machine.runAsync(30 * second, 10_000);
    expect(far.asked.length).toBeLessThanOrEqual(12);
    await stop();
  });

  it("a dead device does not slow its neighbour, is told once, and is probed ever more rarely", async () => {
    const far = farSide();
    const { machine, host, spec, links, latest, stop } = hostOn(far, scriptedConfig({ a: 1, b: 3 }));
    await host.apply([spec]);
    await machine.runAsync(3 * second, 5_000);
    far.dead.add("b");
    far.asked.length = 0;
    await machine.runAsync(120 * second, 20_000);
    expect(far.asked.filter(({ device }) => device === "a").length).toBeGreaterThanOrEqual(118);
    expect(far.asked.filter(({ device }) => device === "b").length).toBeLessThan(16);
    expect(links("b")).toEqual(["up", "down: b did not answer in 1 s"]);
    expect(latest.get("b/3")).toMatchObject({ value: null, quality: 129 });
    expect(latest.get("a/1")).toMatchObject({ quality: 0 });
    far.dead.delete("b");
    await machine.runAsync(35 * second, 20_000);
    expect(latest.get("b/3")).toMatchObject({ value: 1, quality: 0 });
    await stop();
  });

  it("a failed read makes its points bad at once, before the device is given up", async () => {
    const far = farSide();
    const { machine, host, spec, latest, links, stop } = hostOn(far, scriptedConfig({ a: 1, b: 1 }));
    await host.apply([spec]);
    await machine.runAsync(1_500_000, 5_000);
    far.dead.add("b");
    await machine.runAsync(2 * second, 5_000);
    expect(latest.get("b/1")).toMatchObject({ quality: 129 });
    expect(links("b")).toEqual(["up"]);
    await stop();
  });

  it("connected and nobody answers: the connection is made anew", async () => {
    const far = farSide();
    const { machine, host, spec, stop } = hostOn(far, scriptedConfig({ a: 1, b: 1 }));
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    expect(far.connects).toBe(1);
    far.dead.add("a").add("b");
    await machine.runAsync(10 * second, 10_000);
    expect(far.connects).toBeGreaterThan(1);
    await stop();
  });

  it("an address the device does not know is one bad point, not a bad device", async () => {
    const far = farSide();
    const { machine, host, spec, latest, links, stop } = hostOn(far, scriptedConfig({ a: 2 }));
    far.values.delete("a/2");
    await host.apply([spec]);
    await machine.runAsync(1 * second, 5_000);
    expect(latest.get("a/1")).toMatchObject({ quality: 0 });
    expect(latest.get("a/2")).toMatchObject({ value: null, quality: 131 });
    expect(links("a")).toEqual(["up"]);
    await stop();
  });
});

describe("listening", () => {
  it("what is pushed arrives; what cannot be listened to is polled instead", async () => {
    const far = farSide();
    far.subscribes = true;
    far.refusedToListen.add("a/2");
    const config = scriptedConfig({ a: 2 }, 0);
    const { machine, host, spec, latest, facts, stop } = hostOn(far, config);
    await host.apply([spec]);
    await machine.runAsync(1 * second, 5_000);
    expect(latest.get("a/2")).toMatchObject({ value: 1, quality: 0 });
    expect(latest.get("a/1")).toMatchObject({ quality: 132 });
    const settled: boolean[] = [];
    const binding = config.devices[0]!.bindings[0]!;
    far.push?.([{ binding, raw: 7, quality: 0, sourceTime: 5 }], { settled: (stored) => settled.push(stored) });
    expect(latest.get("a/1")).toMatchObject({ value: 7, quality: 0, sourceTime: 5 });
    expect(settled).toEqual([true]);
    const last = facts.filter((fact) => fact.kind === "samples").at(-1);
    expect(last).toMatchObject({ samples: { origin: "pushed", deviceTimes: true } });
    await stop();
  });
});

describe("acting and asking", () => {
  it("an act goes to the device once, in the device's terms; asking afterwards publishes what it shows", async () => {
    const far = farSide();
    const { machine, host, spec, facts, latest, time, stop } = hostOn(far, scriptedConfig({ a: 1 }));
    await host.apply([spec]);
    await machine.runAsync(500_000, 5_000);
    const signal = new AbortController().signal;
    const binding = spec.config.devices[0]!.bindings[0]!;
    const receipt = host.actuator("a")!.perform({ do: "set", binding, value: 42, priority: 8 }, signal);
    await machine.runAsync(20_000);
    expect(await receipt).toEqual({ assurance: "device" });
    const answeredAt = time.now();
    const asking = host.ask(["a/1"], signal);
    await machine.runAsync(20_000);
    await asking;
    expect(far.acts).toHaveLength(1);
    expect(latest.get("a/1")).toMatchObject({ value: 42 });
    const evidence = facts.filter((fact): fact is FactOf<"samples"> => fact.kind === "samples").at(-1)!;
    expect(evidence.samples.origin).toBe("asked");
    expect(evidence.samples.askedAt).toBeGreaterThanOrEqual(answeredAt);
    await stop();
  });

  it("there is no actuator while the link is down", async () => {
    const far = farSide();
    far.refuses = "no";
    const { machine, host, spec, stop } = hostOn(far, scriptedConfig({ a: 1 }));
    await host.apply([spec]);
    await machine.runAsync(100_000);
    expect(host.actuator("a")).toBeUndefined();
    await expect(host.ask(["a/1"], new AbortController().signal)).rejects.toThrow(/not connected/);
    await stop();
  });
});

describe("a source that numbers its samples", () => {
  it("declares what it left out as a gap in the device's stream, with the exact count", async () => {
    const far = farSide();
    const { machine, host, spec, facts, time, stop } = hostOn(far, scriptedConfig({ a: 1 }));
    await host.apply([spec]);
    await machine.runAsync(500_000, 5_000);
    const heardAt = facts.findLast((fact) => fact.kind === "samples")!.at;
    const event = { id: "e", device: "a", type: "device.sequence-gap" };
    far.event!({ ...event, data: { lost: 4, before: 17 } });
    far.event!({ ...event, data: { lost: 2, from: heardAt - 7 } });
    for (const lost of [0, -1, 1.5, "many"]) far.event!({ ...event, data: { lost } });
    const gaps = facts.filter((fact): fact is FactOf<"gap"> => fact.kind === "gap");
    expect(gaps.map(({ stream, from, to, lost }) => ({ stream, from, to, lost }))).toEqual([
      { stream: "link/a", from: heardAt, to: time.now(), lost: 4 },
      { stream: "link/a", from: heardAt - 7, to: time.now(), lost: 2 },
    ]);
    expect(gaps[0]!.why).toBe("the source left out 4 before number 17 by its own count");
    expect(facts.filter(({ kind }) => kind === "event")).toHaveLength(6);
    await stop();
  });
});

describe("a device that keeps its slots", () => {
  it("is asked for them in the point's unit; that it keeps them stays known while the link is lost", async () => {
    const far = farSide();
    far.slots = new Map([["a/1", [null, null, null, null, null, null, null, 550, ...new Array<null>(8).fill(null)]]]);
    const config = scriptedConfig({ a: 2 });
    const { machine, host, spec, driver, stop } = hostOn(far, config);
    const described = siteOf(config);
    const points = described.points.map((point) => ({ ...point, binding: { ...point.binding, scale: { gain: 0.1, offset: 5 } } }));
    driver.publish({ ...described, points });
    expect(host.keepsSlots("a/1")).toBe(false);
    await host.apply([spec]);
    await machine.runAsync(200_000, 5_000);
    expect(host.keepsSlots("a/1")).toBe(true);
    const asked = host.slots("a/1", new AbortController().signal);
    await machine.runAsync(50_000, 5_000);
    expect((await asked).map((value) => value ?? "-").join(" ")).toBe("- - - - - - - 60 - - - - - - - -");
    const none = host.slots("a/2", new AbortController().signal).catch((error: unknown) => error);
    await machine.runAsync(50_000, 5_000);
    expect(await none).toMatchObject({ code: "not-supported" });
    far.refuses = "gone";
    far.drop?.();
    await machine.runAsync(50_000, 5_000);
    expect([host.keepsSlots("a/1"), host.keepsSlots("a/2")]).toEqual([true, false]);
    await expect(host.slots("a/1", new AbortController().signal)).rejects.toThrow(/not connected/);
    await expect(host.slots("nowhere", new AbortController().signal)).rejects.toThrow(/no point/);
    await stop();
  });
});
