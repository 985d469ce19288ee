import { expect, test } from "vitest";
import { anna, bela, Rig, slotsPoint } from "#test/sim/control-rig.ts";

test.each(["routine", "critical"] as const)("a %s command whose turn does not come in time is not sent any more", async (significance) => {
  const rig = await Rig.open({
    points: [slotsPoint("north/level", { significance })],
    config: { unsentMs: 10_000, writeTimeoutMs: 20_000 },
  });
  rig.onAct = () => new Promise(() => {});
  for (const value of [40, 60]) rig.set("north/level", value, { id: `to-${value}` }, anna);
  await rig.advance(30_000 * Number(significance === "critical"));
  for (const id of ["to-40", "to-60"]) rig.control.desk.release(id, bela);
  await rig.advance(30_000);
  expect(rig.acts).toHaveLength(1);
  expect(rig.end("to-60")).toMatchObject({ state: "expired", code: "not-sent-in-time" });
});
