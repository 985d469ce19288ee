import { expect, test } from "vitest";
import { Rig, slotsPoint } from "#test/sim/control-rig.ts";

test("a command goes recorded, sending, sent and is confirmed once the plant shows it", async () => {
  const rig = await Rig.open({ points: [slotsPoint("north/level")] });
  const verdict = rig.set("north/level", 40);
  expect(verdict.status).toBe("success");
  expect(rig.states(verdict.commandId)).toEqual([]);
  await rig.advance(100);
  expect(rig.states(verdict.commandId)).toEqual(["recorded", "sending", "sent", "confirmed"]);
  expect(rig.end(verdict.commandId)).toMatchObject({ observed: { point: "north/level", value: 40, quality: 0 } });
});
