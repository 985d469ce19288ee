import { describe, expect, it } from "vitest";
import { faultShapes } from "./faults/fault.ts";
import { targetsOf } from "./faults/targets.ts";
import { incidents } from "./incidents/all.ts";
import { Site } from "./site.ts";

function site(seed = 7): Site {
  return new Site({ seed, now: () => 0, sink: null });
}

function run(made: Site, seconds: number, pieceMs = 1000): void {
  for (let passed = 0; passed < seconds * 1000; passed += pieceMs) made.advance(pieceMs);
}

function value(made: Site, point: string): number {
  return Number(made.plant.shown(point));
}

describe("faults of the plant", () => {
  it("can each be put on every target it names, and lifted again", () => {
    const made = site();
    for (const [kind, shape] of Object.entries(faultShapes)) {
      const targets = targetsOf(shape.scope, made);
      expect(targets.length, kind).toBeGreaterThan(0);
      for (const target of targets) {
        expect(made.setFault({ target, kind })).toBeNull();
        expect(made.setFault({ target, kind, on: false })).toBeNull();
      }
    }
    expect(made.faults.list()).toEqual([]);
  });

  it("are refused in words when they make no sense", () => {
    const made = site();
    expect(made.setFault({ target: "v-101", kind: "rust" })).toContain('no fault "rust"');
    expect(made.setFault({ target: "pipe", kind: "stuck-valve" })).toContain("it takes v-101, v-102");
    expect(made.setFault({ target: "roustabout-01", kind: "slow-device" })).toContain("cannot be put on");
    expect(made.setFault({ target: "pipe", kind: "slow-device", delay: 3 })).toContain('no setting "delay"');
    expect(made.setFault({ target: "pipe", kind: "slow-device", delayMs: "long" })).toContain("must be a number");
    expect(made.setFault({ target: "", kind: "slow-device" })).toContain("target");
    expect(made.act("v-101/position", 3)).toContain("nothing can be turned");
    expect(made.act("v-101/command", true)).toContain("takes a number");
    expect(made.beginIncident("flood")).toContain("leak-at-section-2");
  });

  it("let a stuck valve pull without moving, and move on when it is freed", () => {
    const made = site();
    made.act("v-102/command", 0);
    run(made, 4, 100);
    made.setFault({ target: "v-102", kind: "stuck-valve" });
    run(made, 10);
    expect(value(made, "v-102/position")).toBeCloseTo(50, 5);
    expect(made.plant.shown("v-102/fault")).toBe(true);
    expect(value(made, "v-102/torque")).toBeGreaterThan(100);
    made.setFault({ target: "v-102", kind: "stuck-valve", on: false });
    run(made, 5);
    expect(value(made, "v-102/position")).toBe(0);
  });

  it("let a drifting meter mislead its controller and not the other meter", () => {
    const made = site();
    made.setFault({ target: "pipe/flow", kind: "sensor-drift", perSecond: 1 });
    run(made, 120);
    expect(Math.abs(value(made, "pipe/flow") - 600)).toBeLessThan(30);
    expect(value(made, "outlet/flow")).toBeLessThan(520);
    made.setFault({ target: "pipe/flow", kind: "sensor-offset", by: 50 });
    run(made, 30);
    expect(Math.abs(value(made, "outlet/flow") - 550)).toBeLessThan(15);
  });
});

describe("an incident", () => {
  it("plays to its end, takes the same way at any pace, and leaves a plant that works", () => {
    for (const incident of incidents) {
      const [slow, fast] = [site(), site()];
      expect(slow.beginIncident(incident.name)).toBeNull();
      expect(fast.beginIncident(incident.name)).toBeNull();
      expect(slow.beginIncident(incident.name)).toContain("already");
      run(slow, incident.seconds + 1, 200);
      run(fast, incident.seconds + 1, incident.seconds * 1000 + 1000);
      expect(slow.player.running(), incident.name).toEqual([]);
      expect(slow.player.diary().map((line) => line.says)).toEqual(incident.steps.map((step) => step.says));
      expect(slow.player.diary()).toEqual(fast.player.diary());
      for (const point of ["pipe/flow", "t-1/level", "outlet/pressure"]) expect(value(slow, point), incident.name).toBe(value(fast, point));
      expect(slow.faults.list()).toEqual([]);
      run(slow, 900);
      expect(Math.abs(value(slow, "pipe/flow") - 600), incident.name).toBeLessThan(20);
    }
  });

  it("can be seen in the meters: leak", () => {
    const made = site();
    const sound = value(made, "section-2/pressure");
    made.beginIncident("leak-at-section-2");
    run(made, 200);
    expect(made.plant.shown("section-2/leak-suspected")).toBe(true);
    expect(value(made, "section-2/pressure")).toBeLessThan(sound - 10);
    run(made, 110);
    expect(value(made, "v-102/position")).toBe(0);
    expect(value(made, "pipe/flow")).toBe(0);
  });

  it("can be seen in the meters: dry run", () => {
    const made = site();
    made.beginIncident("dry-run");
    run(made, 600);
    expect(value(made, "t-1/level")).toBeLessThan(0.2);
    expect(made.plant.shown("p-1/tripped")).toBe(true);
  });

  it("can be seen in the meters: pump trip", () => {
    const made = site();
    made.beginIncident("pump-trip");
    run(made, 10);
    expect(made.plant.shown("p-1/tripped")).toBe(true);
    expect(value(made, "pipe/flow")).toBe(0);
    run(made, 60);
    expect(value(made, "pipe/flow")).toBeGreaterThan(50);
  });
});

describe("the log of a device", () => {
  it("holds what a person turned on site", () => {
    const made = site();
    made.act("v-101/command", 40);
    expect(made.devices.get("v-101")?.log.entries()).toMatchObject([
      { kind: "told", point: "v-101/command", value: 40, held: 40, by: "panel" },
    ]);
  });

  it("is there for devices whose network side is started beside the site", () => {
    const made = site();
    const names = made.exposed.map((device) => device.id);
    expect(names).toEqual(["ahu-1", "vav-1", "vav-2", "vav-3", "vav-4", "roustabout-01", "rigsight-01"]);
    for (const device of made.exposed) for (const point of device.points) expect(device.quantities.get(point), point).toBeDefined();
  });
});
