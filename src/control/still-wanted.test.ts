import { describe, expect, test } from "vitest";
import { Rig, slotsPoint } from "#test/sim/control-rig.ts";
import { emptySlots, withSlot } from "./slots.ts";
import { refuseOutdated } from "./still-wanted.ts";

const level = slotsPoint("north/level", { default: 5 });

test("an override that was renewed behind a slow write is not ended by the time of the one before", async () => {
  const rig = await Rig.open({ points: [level] });
  rig.set("north/level", 40, { ttlMs: 2_000 });
  await rig.advance(1_500);
  rig.onAct = async (act) => {
    if (act.do !== "set") return;
    if (act.value === 60) await rig.time.sleep(1_000);
    rig.values.set(act.binding.point, act.value);
  };
  rig.set("north/level", 60, { priority: 4, reason: "test" });
  rig.release("north/level", { priority: 4 });
  rig.set("north/level", 45, { ttlMs: 60_000 });
  await rig.advance(5_000);
  const expiry = rig.facts.flatMap((fact) => (fact.kind === "command" && fact.step.command.asked === "override.expire" ? [fact.step] : []));
  expect(expiry.at(-1)).toMatchObject({ state: "rejected", code: "outdated" });
  expect(rig.control.overrides.list()).toMatchObject([{ value: 45, priority: 8 }]);
  expect(rig.values.get("north/level")).toBe(45);
  await rig.advance(60_000);
  expect(rig.control.overrides.list()).toEqual([]);
  expect(rig.values.get("north/level")).toBe(5);
});

test("a recipe's way back leaves what another command put there, and not what the device made of its own", () => {
  const back = { id: "r.1.back", act: { do: "release", point: "north/level" }, priority: 8, asked: "recipe.compensate" } as const;
  const holding = (command?: string) =>
    withSlot(emptySlots, 8, { value: 38, by: "anna", since: 0, ...(command !== undefined && { command }) });
  expect(refuseOutdated(back, holding("r.1"), 1, false)).toBeUndefined();
  expect(refuseOutdated(back, holding(), 1, true)).toBeUndefined();
  expect(refuseOutdated(back, emptySlots, 1, false)).toBeUndefined();
  expect(refuseOutdated(back, holding("another"), 1, false)).toMatchObject({ code: "outdated" });
  const again = { ...back, act: { do: "set", point: "north/level", value: 40 } } as const;
  expect(refuseOutdated(again, emptySlots, 1, false)).toBeUndefined();
  expect(refuseOutdated(again, emptySlots, 1, false, { command: "r.1", by: "anna" })).toBeUndefined();
  expect(refuseOutdated(again, emptySlots, 1, false, { command: "c-9", by: "bela" })).toMatchObject({ code: "outdated" });
  expect(refuseOutdated(back, emptySlots, 1, false, { command: "c-9", by: "bela" })).toBeUndefined();
});

describe("a reassertion", () => {
  const again = { id: "r", act: { do: "set", point: "north/level", value: 40 }, priority: 8, asked: "slot.reassert" } as const;
  const holding = (value: number) => withSlot(emptySlots, 8, { value, by: "anna", since: 0 });

  test("goes out while the slot holds what it held, and not when it was set anew or given back", () => {
    expect(refuseOutdated(again, holding(40), 1, false)).toBeUndefined();
    expect(refuseOutdated(again, holding(60), 1, false)).toMatchObject({ code: "outdated" });
    expect(refuseOutdated(again, emptySlots, 1, false)).toMatchObject({ code: "outdated" });
  });

  test("fills a slot that its device lost", () => {
    expect(refuseOutdated(again, emptySlots, 1, true)).toBeUndefined();
    expect(refuseOutdated(again, holding(60), 1, true)).toMatchObject({ code: "outdated" });
  });
});
