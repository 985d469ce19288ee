import { describe, expect, it } from "vitest";
import { hostOn } from "#test/fakes/host-rig.ts";
import { farSide, scriptedConfig } from "#test/fakes/scripted-adapter.ts";

const second = 1_000_000;

describe("bad at once while the journal is full", () => {
  it("holds for a change-of-value point, which nobody would ask again", async () => {
    const far = farSide();
    far.subscribes = true;
    const config = scriptedConfig({ a: 1 }, 0);
    const { machine, host, spec, backlog, latest, facts, stop } = hostOn(far, config);
    await host.apply([spec]);
    await machine.runAsync(second, 10_000);
    far.push?.([{ binding: config.devices[0]!.bindings[0]!, raw: 5, quality: 0 }]);
    backlog.samples = 2e9;
    far.push?.([{ binding: config.devices[0]!.bindings[0]!, raw: 6, quality: 0 }]);
    expect(latest.get("a/1")).toMatchObject({ value: 5, quality: 0 });
    far.refuses = "nobody home";
    far.drop?.();
    await machine.runAsync(second, 10_000);
    expect(latest.get("a/1")).toMatchObject({ value: null, quality: 129 });
    backlog.samples = 0;
    await machine.runAsync(second, 10_000);
    expect(facts.filter(({ kind }) => kind === "gap")).toMatchObject([{ stream: "link/a", lost: 1 }]);
    expect(latest.get("a/1")).toMatchObject({ quality: 129 });
    await stop();
  });
});
