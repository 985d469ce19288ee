import { describe, expect, test } from "vitest";
import type { Value } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { arrayDevice, Rig, slotsPoint } from "#test/sim/control-rig.ts";

const level = slotsPoint("north/level", { default: 5 });

/** The device refuses 66 and takes everything else over, each value as late as it is told to. */
async function opened(lateMs: Readonly<Record<number, number>> = {}): Promise<Rig> {
  const rig = await Rig.open({ points: [level] });
  rig.onAct = (act) => {
    if (act.do !== "set") return;
    if (act.value === 66) throw new GatewayError("device-refused", "exception 3", { sent: true });
    rig.time.after(lateMs[Number(act.value)] ?? 0, () => rig.values.set(act.binding.point, act.value));
  };
  return rig;
}

describe("a command whose effect is being looked for", () => {
  test.each([
    { what: "on its slot", priority: 8 },
    { what: "above it", priority: 4 },
  ])("goes on being looked for when a newer one $what is refused by the device", async ({ priority }) => {
    const rig = await opened({ 40: 1_000 });
    const older = rig.set("north/level", 40);
    await rig.advance(100);
    const newer = rig.set("north/level", 66, { priority });
    await rig.advance(100);
    expect(rig.end(newer.commandId)?.state).toBe("failed");
    expect(rig.end(older.commandId)).toBeUndefined();
    await rig.advance(2_000);
    expect(rig.end(older.commandId)).toMatchObject({ state: "confirmed", observed: { value: 40 } });
    expect(rig.control.overrides.list()).toMatchObject([{ value: 40, priority: 8 }]);
  });

  test("ends all the same while newer ones are refused again and again", async () => {
    const rig = await opened({ 40: 1e6 });
    rig.values.set("north/level", 5);
    const older = rig.set("north/level", 40);
    for (let n = 0; n < 100 && !rig.end(older.commandId); n++) {
      rig.set("north/level", 66);
      await rig.advance(300);
    }
    expect(rig.end(older.commandId)).toMatchObject({ state: "mismatch", observed: { value: 5 } });
  });

  test("and is a release looks for what holds its point after a newer one beneath it", async () => {
    const rig = await opened({ 5: 1_000 });
    rig.set("north/level", 40);
    await rig.advance(100);
    const release = rig.release("north/level");
    await rig.advance(100);
    const beneath = rig.set("north/level", 30, { priority: 16 });
    await rig.advance(500);
    expect(rig.end(beneath.commandId)).toMatchObject({ state: "confirmed" });
    expect(rig.end(release.commandId)).toMatchObject({ state: "confirmed", observed: { value: 30 } });
  });

  test("and is a release is superseded by a newer one on its slot that is masked at once", async () => {
    const rig = await opened({ 40: 1_000 });
    rig.set("north/level", 30, { priority: 16 });
    await rig.advance(100);
    rig.set("north/level", 40);
    await rig.advance(100);
    const release = rig.release("north/level", { priority: 16 });
    await rig.advance(100);
    const newer = rig.set("north/level", 35, { priority: 16 });
    await rig.advance(3_000);
    expect(rig.end(newer.commandId)).toMatchObject({ state: "masked", heldBy: { priority: 8, value: 40 } });
    expect(rig.end(release.commandId)).toMatchObject({ state: "cancelled", code: "superseded" });
  });
});

test("on a device that keeps the slots, one that another master takes the point from while it waits is masked", async () => {
  const array: (Value | null)[] = Array.from({ length: 16 }, () => null);
  const rig = await Rig.open({
    points: [slotsPoint("north/level", { evidence: { tolerance: 0.5, withinMs: 1_000, holdMs: 2_000 } })],
    devices: arrayDevice(
      array,
      () => array.find((value) => value !== null) ?? 0,
      () => rig,
    ),
  });
  const { commandId } = rig.set("north/level", 40);
  await rig.advance(1_500);
  array[4] = 77;
  await rig.advance(3_000);
  expect(rig.end(commandId)).toMatchObject({ state: "masked", heldBy: { priority: 5, value: 77 } });
});
