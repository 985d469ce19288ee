import { expect, test } from "vitest";
import type { Value } from "#msgs/point.ts";
import { arrayDevice, Rig, slotsPoint } from "#test/sim/control-rig.ts";

const level = slotsPoint("north/level", { default: 5 });

async function opened() {
  const array: (Value | null)[] = Array.from({ length: 16 }, () => null);
  const shown = () => array.find((value) => value !== null) ?? 5;
  const rig: Rig = await Rig.open({ points: [level], devices: arrayDevice(array, shown, () => rig) });
  const changes = () =>
    rig.facts.flatMap((fact) =>
      fact.kind === "event" && fact.type === "override.changed" && fact.data?.["by"] !== undefined ? [fact.data] : [],
    );
  return { rig, array, changes };
}

test("what another master fills, changes and gives back is told as soon as the array is read", async () => {
  const { rig, array, changes } = await opened();
  array[4] = 77;
  rig.publish({ kind: "link", adapter: "modbus-1", state: "up" });
  await rig.advance(100);
  expect(changes()).toEqual([{ priority: 5, value: 77, by: "device" }]);
  expect(rig.control.overrides.list()).toMatchObject([{ priority: 5, value: 77, by: "device" }]);
  array[4] = 78;
  rig.set("north/level", 40);
  await rig.advance(1_000);
  expect(changes().slice(1)).toEqual([{ priority: 5, value: 78, by: "device" }]);
  array[4] = null;
  rig.set("north/level", 41);
  await rig.advance(1_000);
  expect(changes().slice(2)).toEqual([{ priority: 5, value: null, by: "device" }]);
  expect(rig.control.overrides.list()).toMatchObject([{ priority: 8, value: 41, by: "anna" }]);
});

test("another master above ours is found when the point stops following, and what we write ourselves is told by its command alone", async () => {
  const { rig, array, changes } = await opened();
  rig.set("north/level", 40);
  await rig.advance(1_000);
  expect(changes()).toEqual([]);
  array[2] = 7;
  rig.sample("north/level", 7);
  await rig.advance(5_000);
  expect(changes()).toEqual([{ priority: 3, value: 7, by: "device" }]);
});

test("a slot beneath the hands of people is no override and told of to nobody", async () => {
  const { rig, array, changes } = await opened();
  array[15] = 12;
  rig.publish({ kind: "link", adapter: "modbus-1", state: "up" });
  await rig.advance(100);
  expect(changes()).toEqual([]);
  expect(rig.control.overrides.list()).toEqual([]);
});
