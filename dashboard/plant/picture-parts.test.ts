import { describe, expect, it } from "vitest";
import { effect } from "@preact/signals";
import { quality } from "#msgs/quality.ts";
import type { Sample } from "#msgs/sample.ts";
import type { CommandJson } from "#msgs/wire/values.ts";
import { fakePlant } from "../testing/fake-plant.ts";
import { openAlarms } from "./alarms.ts";
import { openCommandLog } from "./command-log.ts";
import { plantOf } from "./plant.ts";
import { openTallies, worstOf } from "./tallies.ts";
import { openTimelineClock } from "./timeline-clock.ts";
import { openValues } from "./values.ts";

const sample = (point: string, value: number | null, byte: number = quality.good): Sample => ({
  point,
  value,
  quality: byte,
  sourceTime: 1,
  at: 1,
});

describe("values", () => {
  it("are seen once per frame, however many came in between, and then the newest", () => {
    let frames = 0;
    const values = openValues({ schedule: () => void frames++ });
    const seen: unknown[] = [];
    effect(() => void seen.push(values.cell("a").value?.value));
    for (let i = 0; i < 100; i++) values.take([sample("a", i), sample("b", i)]);
    expect(frames).toBe(1);
    expect(seen).toEqual([undefined]);
    values.flush();
    expect(seen).toEqual([undefined, 99]);
    expect(values.get("b")?.value).toBe(99);
  });

  it("disturb only those who look at a point that changed", () => {
    const values = openValues({ schedule() {} });
    let looked = 0;
    effect(() => {
      void values.cell("quiet").value;
      looked++;
    });
    values.take([sample("loud", 1)]);
    values.flush();
    expect(looked).toBe(1);
  });

  it("remember the last value that could be used", () => {
    const values = openValues({ schedule() {} }, new Map([["old", { value: 3, at: 1 }]]));
    values.take([sample("a", 5), sample("a", null, quality.badLink), sample("b", 6, quality.badDevice)]);
    expect(values.lastGood("a")?.value).toBe(5);
    expect(values.lastGood("b")).toBeUndefined();
    expect(values.lastGood("old")?.value).toBe(3);
  });

  it("forget everything when another time begins", () => {
    const values = openValues({ schedule() {} });
    values.take([sample("a", 5)]);
    values.flush();
    values.clear();
    expect([values.get("a"), values.lastGood("a"), values.cell("a").value]).toEqual([undefined, undefined, undefined]);
  });
});

describe("tallies", () => {
  const { points, devices } = fakePlant(100, 0);
  const plant = plantOf(points, devices);

  it("begin with every point unheard, which is not good", () => {
    const tally = openTallies(plant).of("unit-1").value;
    expect(tally).toEqual({ good: 0, uncertain: 0, bad: 0, unknown: 50 });
    expect(worstOf(tally)).toBe("unknown");
  });

  it("count what changes and name the worst", () => {
    const tallies = openTallies(plant);
    for (let i = 0; i < 50; i++) tallies.changed("unit-1", undefined, sample("x", 1));
    expect(worstOf(tallies.of("unit-1").value)).toBe("good");
    tallies.changed("unit-1", sample("x", 1), sample("x", 1, quality.uncertainStale));
    expect(worstOf(tallies.of("unit-1").value)).toBe("uncertain");
    tallies.changed("unit-1", sample("y", 1), sample("y", null, quality.badLink));
    expect(tallies.of("unit-1").value).toEqual({ good: 48, uncertain: 1, bad: 1, unknown: 0 });
    tallies.changed("unit-1", sample("y", null, quality.badLink), sample("y", 1));
    tallies.changed("unit-1", sample("x", 1, quality.uncertainStale), sample("x", 1));
    expect(worstOf(tallies.of("unit-1").value)).toBe("good");
  });
});

describe("the clock of a timeline", () => {
  it("goes on by itself, so that ages grow while nothing is heard", () => {
    let wall = 0;
    const clock = openTimelineClock(() => wall);
    expect(clock.now()).toBeUndefined();
    clock.hear(5_000_000, 1, true);
    wall = 60_000;
    expect(clock.now()).toBe(65_000_000);
  });

  it("of a replay follows its speed, only a little beyond what was told, and stands when it is paused", () => {
    let wall = 0;
    const clock = openTimelineClock(() => wall, 500);
    clock.hear(5_000_000, 10, true);
    wall = 100;
    expect(clock.now()).toBe(6_000_000);
    wall = 90_000;
    expect(clock.now()).toBe(10_000_000);
    clock.hear(5_000_000, 10, false);
    wall = 95_000;
    expect(clock.now()).toBe(5_000_000);
  });
});

describe("the command log", () => {
  const step = (id: string, state: CommandJson["state"], second: number): CommandJson => ({
    id,
    commandId: id,
    asked: "point.write",
    act: { do: "set", point: "a", value: 1 },
    state,
    by: "ann",
    priority: 8,
    at: `2026-01-01T00:00:0${second}Z`,
  });

  it("follows a command from the request to its end, and takes nothing after the end", () => {
    const log = openCommandLog();
    log.hear(step("1", "recorded", 1));
    log.hear(step("1", "sending", 2));
    log.hear(step("1", "confirmed", 3));
    log.hear(step("1", "sending", 4));
    expect(log.commands.value).toHaveLength(1);
    expect(log.commands.value[0]?.command.state).toBe("confirmed");
    expect(log.commands.value[0]?.steps.map(({ state }) => state)).toEqual(["recorded", "sending", "confirmed"]);
  });

  it("has the newest first, and what was heard here is not overwritten by an older list", () => {
    const log = openCommandLog();
    log.hear(step("2", "confirmed", 5));
    log.seed([step("2", "sending", 4), step("1", "confirmed", 1)]);
    expect(log.commands.value.map(({ command }) => [command.id, command.state])).toEqual([
      ["2", "confirmed"],
      ["1", "confirmed"],
    ]);
  });

  it("is bounded", () => {
    const log = openCommandLog();
    for (let i = 0; i < 300; i++) log.hear(step(String(i), "recorded", 1));
    expect(log.commands.value).toHaveLength(200);
  });
});

describe("alarms", () => {
  const derived = (subject: string, state: string) =>
    ({
      type: "derived",
      timeline: "live",
      at: "2026-01-01T00:00:00Z",
      tap: "limits",
      subject,
      state,
      detail: { point: "t-1/level" },
    }) as const;

  it("come and go with what is derived, the most pressing first, in the words of the list", () => {
    const alarms = openAlarms();
    alarms.seed([{ id: "hot", state: "active", priority: "critical", message: "Motor is hot", since: "2026-01-01T00:00:00Z" }]);
    alarms.hear(derived("high", "active"));
    expect(alarms.standing.value.map(({ id }) => id)).toEqual(["hot", "high"]);
    alarms.hear(derived("hot", "normal"));
    alarms.hear(derived("hot", "active"));
    expect(alarms.standing.value[0]).toMatchObject({ id: "hot", message: "Motor is hot", point: "t-1/level" });
    alarms.hear(derived("hot", "normal"));
    alarms.hear(derived("high", "normal"));
    expect(alarms.standing.value).toEqual([]);
  });
});

describe("the plant", () => {
  it("knows which point is written to move the one that shows the effect", () => {
    const { points, devices } = fakePlant(50, 0);
    const valve = { ...points[0]!, id: "v/command", control: { ...points[0]!.control, evidence: { point: "v/position" } } };
    const plant = plantOf([valve, ...points.slice(1)], devices);
    expect(plant.writtenThrough.get("v/position")).toBe("v/command");
    expect(plant.areas.map(({ id }) => id)).toEqual(["area-1"]);
  });
});
