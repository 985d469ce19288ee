import { describe, expect, it } from "vitest";
import { Slots, groupsOf } from "./schedule.ts";

describe("slots", () => {
  it("stand at first + n × period however late each was done", () => {
    const slots = new Slots(1_000, 100);
    slots.done(1_030);
    expect(slots.nextUs).toBe(1_100);
    slots.done(1_199);
    expect(slots.nextUs).toBe(1_200);
    expect(slots.missed).toBe(0);
  });

  it("that went by are left out and counted", () => {
    const slots = new Slots(1_000, 100);
    slots.done(1_350);
    expect(slots.nextUs).toBe(1_400);
    expect(slots.missed).toBe(3);
  });
});

describe("poll groups", () => {
  it("are the points of one rate; a point that should be listened to falls back", () => {
    const binding = (point: string, pollMs: number) => ({
      point,
      device: "d",
      address: point,
      kind: "number" as const,
      writable: false,
      pollMs,
    });
    const groups = groupsOf([binding("a", 1_000), binding("b", 200), binding("c", 1_000), binding("d", 0)], 5_000);
    expect(groups.map(({ periodMs, bindings }) => [periodMs, bindings.map(({ point }) => point).join()])).toEqual([
      [200, "b"],
      [1_000, "a,c"],
      [5_000, "d"],
    ]);
  });
});
