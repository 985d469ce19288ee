import { describe, expect, it } from "vitest";
import type { Fact } from "#msgs/fact.ts";
import { hostOn } from "#test/fakes/host-rig.ts";
import { farSide, scriptedConfig } from "#test/fakes/scripted-adapter.ts";

const second = 1_000_000;
const eventsOf = (facts: readonly Fact[]) => facts.flatMap((fact) => (fact.kind === "event" ? [fact.type] : []));

/** Devices that are only listened to; the first point of the first speaks each second, as often as it is told. */
async function listenedTo(devices: Record<string, number> = { a: 1 }, speaksWithinMs?: number) {
  const far = farSide();
  far.subscribes = true;
  const config = scriptedConfig(devices, 0, speaksWithinMs);
  const rig = hostOn(far, config);
  await rig.host.apply([rig.spec]);
  await rig.machine.runAsync(100_000);
  const binding = config.devices[0]!.bindings[0]!;
  const say = async (count: number, value: (i: number) => number) => {
    for (let i = 0; i < count; i++) {
      far.push?.([{ binding, raw: value(i), quality: 0 }]);
      await rig.machine.runAsync(second, 20_000);
    }
  };
  /** The same value again and again. */
  const beat = (count: number) => say(count, () => 1);
  /** A new value each time. */
  const change = (count: number) => say(count, (i) => i);
  return { ...rig, far, config, beat, change };
}

describe("silence", () => {
  it("of a stream with a rhythm is told within three intervals and mended by subscribing anew", async () => {
    const { far, machine, facts, stop, beat } = await listenedTo();
    await beat(12);
    far.values.set("a/1", 99);
    const subscribed = far.push;
    await machine.runAsync(2.2 * second, 10_000);
    expect(eventsOf(facts)).toEqual(["device.silent"]);
    expect(far.push).not.toBe(subscribed);
    await beat(1);
    expect(eventsOf(facts)).toEqual(["device.silent", "device.heard"]);
    expect(far.connects).toBe(1);
    await stop();
  });

  it("that subscribing anew does not end is mended by connecting anew", async () => {
    const { far, machine, stop, beat } = await listenedTo();
    await beat(12);
    far.values.set("a/1", 99);
    await machine.runAsync(9 * second, 20_000);
    expect(far.connects).toBe(2);
    await stop();
  });

  it("of one device does not cost its neighbours their link while they are heard", async () => {
    const { far, config, machine, facts, latest, stop } = await listenedTo({ a: 1, b: 1 });
    const pushes = { ...far.pushes };
    for (let i = 0; i < 30; i++) {
      const silent = i >= 12;
      if (silent) far.values.set("a/1", 99);
      for (const { id, bindings } of config.devices) {
        if (id === "a" && silent) continue;
        (far.pushes[id] ?? pushes[id])?.([{ binding: bindings[0]!, raw: 1, quality: 0 }]);
      }
      await machine.runAsync(second, 20_000);
    }
    expect(eventsOf(facts)).toEqual(["device.silent"]);
    expect(far.connects).toBe(1);
    expect(latest.get("b/1")).toMatchObject({ value: 1, quality: 0 });
    await stop();
  });

  it("of a point that is merely quiet is asked about, and nobody is alarmed", async () => {
    const { far, machine, facts, stop, change } = await listenedTo();
    await change(12);
    far.values.set("a/1", 11);
    await machine.runAsync(60 * second, 20_000);
    expect(eventsOf(facts)).toEqual([]);
    expect(far.connects).toBe(1);
    await stop();
  });

  it("of a point that always changes is told within three intervals, when it shows a change that it does not tell", async () => {
    const { far, machine, host, facts, links, stop, change } = await listenedTo();
    await change(12);
    far.values.set("a/1", 99);
    await machine.runAsync(2 * second, 20_000);
    expect(eventsOf(facts)).toEqual(["device.silent"]);
    expect(links("a").at(-1)).toBe("silent: connected, and says nothing");
    expect(host.status().find(({ device }) => device === "a")).toMatchObject({ state: "silent", reason: "connected, and says nothing" });
    await change(1);
    expect(links("a").at(-1)).toBe("up");
    expect(host.status().find(({ device }) => device === "a")).toMatchObject({ state: "up" });
    await stop();
  });

  it("is told once and mended for as long as it takes, and connecting anew for it gets rare", async () => {
    const { far, machine, facts, stop, beat } = await listenedTo();
    await beat(12);
    far.values.set("a/1", 99);
    await machine.runAsync(3_600 * second, 50_000);
    expect(eventsOf(facts)).toEqual(["device.silent"]);
    expect(far.connects).toBeGreaterThan(2);
    expect(far.connects).toBeLessThan(10);
    await beat(2);
    expect(eventsOf(facts)).toEqual(["device.silent", "device.heard"]);
    await stop();
  });

  it("where nobody can be asked is told when the site says how often a point speaks, and not otherwise", async () => {
    for (const speaksWithinMs of [5_000, undefined]) {
      const { far, machine, facts, latest, stop, change } = await listenedTo({ a: 1 }, speaksWithinMs);
      far.cannotBeAsked = true;
      await change(12);
      await machine.runAsync(3.8 * second, 10_000);
      expect(eventsOf(facts)).toEqual([]);
      await machine.runAsync(2 * second, 10_000);
      expect(eventsOf(facts)).toEqual(speaksWithinMs ? ["device.silent"] : []);
      expect(latest.get("a/1")).toMatchObject({ value: 11 });
      await change(1);
      expect(eventsOf(facts)).toEqual(speaksWithinMs ? ["device.silent", "device.heard"] : []);
      await stop();
    }
  });

  it("that a new subscription refuses to mend is polled from then on", async () => {
    const { far, latest, machine, facts, host, beat, stop } = await listenedTo();
    await beat(12);
    far.refusedToListen.add("a/1");
    far.values.set("a/1", 99);
    await machine.runAsync(20 * second, 20_000);
    expect(latest.get("a/1")).toMatchObject({ value: 99, quality: 0 });
    expect(eventsOf(facts)).toEqual(["device.silent", "device.heard"]);
    expect(host.status().find(({ device }) => device === "a")).toMatchObject({ state: "up" });
    far.values.set("a/1", 100);
    await machine.runAsync(6 * second, 20_000);
    expect(latest.get("a/1")).toMatchObject({ value: 100, quality: 0 });
    await stop();
  });
});

describe("a device that was away", () => {
  it("is back with the points that it is only listened to for, although none of them changed", async () => {
    const far = farSide();
    far.subscribes = true;
    const made = scriptedConfig({ a: 2, b: 1 }, 0);
    const [a, b] = made.devices;
    const polled = (binding: (typeof a & object)["bindings"][0]) => ({ ...binding, pollMs: 1_000 });
    const config = {
      ...made,
      devices: [
        { ...a!, bindings: [a!.bindings[0]!, polled(a!.bindings[1]!)] },
        { ...b!, bindings: [polled(b!.bindings[0]!)] },
      ],
    };
    const { machine, host, spec, latest, stop } = hostOn(far, config);
    await host.apply([spec]);
    await machine.runAsync(2 * second, 10_000);
    far.pushes["a"]?.([{ binding: config.devices[0]!.bindings[0]!, raw: 5, quality: 0 }]);
    far.values.set("a/1", 5);
    far.dead.add("a");
    await machine.runAsync(10 * second, 20_000);
    expect(latest.get("a/1")?.quality).toBe(129);
    far.dead.delete("a");
    await machine.runAsync(40 * second, 20_000);
    expect(latest.get("a/1")).toMatchObject({ value: 5, quality: 0 });
    expect(far.connects).toBe(1);
    await stop();
  });
});
