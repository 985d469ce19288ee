import { describe, expect, it } from "vitest";
import type { AdapterConfig } from "#src/contract/adapter.ts";
import { hostOn, siteOf } from "#test/fakes/host-rig.ts";
import type { FarSide } from "#test/fakes/scripted-adapter.ts";
import { farSide, scriptedConfig, scriptedModule } from "#test/fakes/scripted-adapter.ts";

const second = 1_000_000;

function running(far: FarSide, config: AdapterConfig) {
  const rig = hostOn(far, config);
  const keys = new Map(rig.taps.plant.config!.points.map(({ id, key }) => [id, key]));
  let revision = 1;
  /** What the gateway does with a changed site file: the plant is described first, then the links change. */
  const change = async (next: AdapterConfig): Promise<void> => {
    for (const { bindings } of next.devices) for (const { address } of bindings) if (!far.values.has(address)) far.values.set(address, 1);
    const described = siteOf(next, keys, String(++revision));
    for (const { id, key } of described.points) keys.set(id, key);
    rig.driver.publish(described);
    const applying = rig.host.apply([{ ...rig.spec, config: next }]);
    await rig.machine.runAsync(50_000, 1_000);
    await applying;
  };
  const asked = (device: string): number => far.asked.filter((question) => question.device === device).length;
  return { ...rig, change, asked };
}

function able(): FarSide {
  const far = farSide();
  far.reconfigured = [];
  return far;
}

describe("a changed site", () => {
  it("touches only the links that changed", async () => {
    const far = farSide();
    const other = farSide();
    const { machine, host, spec, stop } = hostOn(far, scriptedConfig({ a: 1 }));
    const otherSpec = { id: "other", module: scriptedModule(other), config: { ...scriptedConfig({ z: 1 }), id: "other" } };
    await host.apply([spec, otherSpec]);
    await machine.runAsync(200_000);
    await host.apply([spec]);
    await machine.runAsync(200_000);
    expect(far.connects).toBe(1);
    expect(host.status().map(({ adapter }) => adapter)).not.toContain("other");
    await stop();
  });

  it("devices come and go while the connection stays and their neighbours are asked as ever", async () => {
    const far = able();
    const { machine, host, spec, change, latest, links, facts, asked, stop } = running(far, scriptedConfig({ a: 1, b: 1 }));
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    far.asked.length = 0;
    const before = facts.length;
    await change(scriptedConfig({ a: 1, c: 2 }));
    await machine.runAsync(5 * second, 5_000);
    expect(far.connects).toBe(1);
    expect(far.reconfigured).toHaveLength(1);
    const times = far.asked.flatMap(({ device, atUs }) => (device === "a" ? [atUs] : []));
    expect(times.length).toBeGreaterThanOrEqual(5);
    expect(new Set(times.slice(1).map((at, i) => at - times[i]!))).toEqual(new Set([second]));
    expect(asked("b")).toBe(0);
    expect(asked("c")).toBeGreaterThan(4);
    expect(latest.get("c/2")).toMatchObject({ value: 1, quality: 0 });
    expect(latest.get("b/1")).toBeUndefined();
    expect(links()).toEqual(["connecting", "up"]);
    expect(links("b")).toEqual(["up", "stopped"]);
    expect(host.status().map(({ device, state }) => `${device} ${state}`)).toEqual(["undefined up", "a up", "c up"]);
    const keyOfA = 1;
    const spoilt = facts.slice(before).some((fact) => fact.kind === "samples" && fact.samples.keys.some((key, i) => key === keyOfA && fact.samples.qualities[i]! > 0)); // prettier-ignore
    expect(spoilt).toBe(false);
    await stop();
  });

  it("points come and go within a device: the others keep their values, a new one is bad until it was heard", async () => {
    const far = able();
    const { machine, host, spec, change, latest, asked, stop } = running(far, scriptedConfig({ a: 2, b: 1 }));
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    far.answerMs = 100;
    await change(scriptedConfig({ a: 3, b: 1 }));
    expect(latest.get("a/3")).toMatchObject({ quality: 132 });
    expect(latest.get("a/1")).toMatchObject({ value: 1, quality: 0 });
    await machine.runAsync(2 * second, 5_000);
    expect(latest.get("a/3")).toMatchObject({ value: 1, quality: 0 });
    const bWas = asked("b");
    await change(scriptedConfig({ a: 1, b: 1 }));
    await machine.runAsync(3 * second, 5_000);
    expect(asked("b") - bWas).toBe(3);
    expect(far.asked.at(-1)).toMatchObject({ count: 1 });
    expect(latest.get("a/3")).toBeUndefined();
    expect(far.connects).toBe(1);
    await stop();
  });

  it("a point that left and returns does not show what it was before", async () => {
    const far = able();
    const { machine, host, spec, change, latest, stop } = running(far, scriptedConfig({ a: 2 }));
    far.values.set("a/2", 77);
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    await change(scriptedConfig({ a: 1 }));
    far.dead.add("a");
    await change(scriptedConfig({ a: 2 }));
    expect(latest.get("a/2")?.lastGood).toBeUndefined();
    expect(latest.get("a/2")).toMatchObject({ value: null, quality: 132 });
    await stop();
  });

  it("another device in the place of one is unknown until it answers", async () => {
    const far = able();
    const { machine, host, spec, change, latest, stop } = running(far, scriptedConfig({ a: 1, b: 1 }));
    await host.apply([spec]);
    await machine.runAsync(2 * second, 5_000);
    far.answerMs = 200;
    const [a, b] = scriptedConfig({ a: 1, b: 1 }).devices;
    await change({ id: "link", link: {}, devices: [{ ...a!, options: { unit: 9 } }, b!] });
    expect(latest.get("a/1")).toMatchObject({ quality: 132 });
    expect(latest.get("b/1")).toMatchObject({ quality: 0 });
    expect(host.status().map(({ state }) => state)).toEqual(["up", "connecting", "up"]);
    await stop();
  });

  it("lets go of a subscription while the connection stays", async () => {
    const far = able();
    far.subscribes = true;
    const { machine, host, spec, change, stop } = running(far, scriptedConfig({ a: 1, b: 1 }, 0));
    await host.apply([spec]);
    await machine.runAsync(second, 5_000);
    await change(scriptedConfig({ a: 1 }, 0));
    expect(far.unsubscribed).toBe(1);
    expect(far.connects).toBe(1);
    await stop();
  });

  it("an adapter that cannot take it over is connected anew", async () => {
    const far = farSide();
    const { machine, host, spec, change, latest, links, stop } = running(far, scriptedConfig({ a: 1 }));
    await host.apply([spec]);
    await machine.runAsync(second, 5_000);
    await change(scriptedConfig({ a: 1, b: 1 }));
    await machine.runAsync(second, 5_000);
    expect(far.connects).toBe(2);
    expect(links()).toEqual(["connecting", "up", "stopped", "connecting", "up"]);
    expect(latest.get("b/1")).toMatchObject({ quality: 0 });
    await stop();
  });

  it("is taken over by a link that waits to be let in, without starting its pauses anew", async () => {
    const far = able();
    far.refuses = "no";
    const { machine, host, spec, change, latest, stop } = running(far, scriptedConfig({ a: 1 }));
    await host.apply([spec]);
    await machine.runAsync(60 * second, 20_000);
    const connects = far.connects;
    await change(scriptedConfig({ a: 1, b: 1 }));
    expect(far.connects).toBe(connects);
    expect(latest.get("b/1")).toMatchObject({ quality: 132 });
    delete far.refuses;
    await machine.runAsync(40 * second, 20_000);
    expect(latest.get("b/1")).toMatchObject({ quality: 0 });
    expect(far.reconfigured).toEqual([]);
    await stop();
  });

  it("that changes while the last change is under way comes after it", async () => {
    const far = able();
    const { machine, host, spec, driver, latest, stop } = running(far, scriptedConfig({ a: 1 }));
    await host.apply([spec]);
    await machine.runAsync(second, 5_000);
    for (const address of ["b/1", "c/1"]) far.values.set(address, 1);
    driver.publish(siteOf(scriptedConfig({ a: 1, b: 1, c: 1 })));
    const both = [
      { a: 1, b: 1 },
      { a: 1, c: 1 },
    ].map((devices) => host.apply([{ ...spec, config: scriptedConfig(devices) }]));
    await machine.runAsync(second, 5_000);
    await Promise.all(both);
    expect(host.status().map(({ device }) => device)).toEqual([undefined, "a", "c"]);
    expect(latest.get("c/1")).toMatchObject({ quality: 0 });
    await stop();
  });
});
