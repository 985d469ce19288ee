import { expect, test } from "vitest";
import { anna, readPoint, Rig, slotsPoint } from "#test/sim/control-rig.ts";
import { quality } from "#msgs/quality.ts";

const points = [
  slotsPoint("north/v-101/target", { evidence: { point: "north/v-101/position", tolerance: 2, withinMs: 10_000, holdMs: 0 } }),
  readPoint("north/v-101/position"),
];
const valves = [{ id: "v-101", command: "north/v-101/target", position: "north/v-101/position", open: 100, closed: 0 }];
const toggle = { valveId: "v-101", commandId: "t-1" };

test("a valve without a position goes to its other end, which is fixed on receipt", async () => {
  const rig = await Rig.open({ points, valves });
  rig.sample("north/v-101/position", 99);
  const answer = rig.control.valves.resolve(toggle);
  expect(answer).toEqual({ ok: true, act: { do: "set", point: "north/v-101/target", value: 0 } });
  rig.sample("north/v-101/position", 0.5);
  expect(rig.control.valves.resolve(toggle)).toMatchObject({ act: { value: 100 } });
});

test("a position is taken as it is said", async () => {
  const rig = await Rig.open({ points, valves });
  expect(rig.control.valves.resolve({ ...toggle, position: "open" })).toMatchObject({ act: { value: 100 } });
  expect(rig.control.valves.resolve({ ...toggle, position: "closed" })).toMatchObject({ act: { value: 0 } });
  expect(rig.control.valves.resolve({ ...toggle, position: 35 })).toMatchObject({ act: { value: 35 } });
  expect(rig.control.valves.resolve({ ...toggle, valveId: "v-9" })).toMatchObject({ code: "unknown-valve" });
});

test("a toggle is refused while the position is not known or bad, or the valve travels", async () => {
  const rig = await Rig.open({ points, valves });
  expect(rig.control.valves.resolve(toggle)).toMatchObject({ code: "position-bad" });
  rig.sample("north/v-101/position", null, { quality: quality.badLink });
  expect(rig.control.valves.resolve(toggle)).toMatchObject({
    code: "position-bad",
    message: expect.stringContaining("bad link") as string,
  });
  rig.sample("north/v-101/position", 50);
  expect(rig.control.valves.resolve(toggle)).toMatchObject({ code: "valve-travels" });
  rig.sample("north/v-101/position", 0);
  rig.set("north/v-101/target", 100);
  expect(rig.control.valves.resolve(toggle)).toMatchObject({
    code: "valve-travels",
    message: expect.stringContaining("under way") as string,
  });
});

test("the same id sent again gets the target it had, wherever the valve is by then", async () => {
  const rig = await Rig.open({ points, valves });
  rig.sample("north/v-101/position", 0);
  const answer = rig.control.valves.resolve(toggle);
  if (!answer.ok) throw new Error(answer.message);
  const command = { id: "t-1", act: answer.act, priority: 8, asked: "valve.actuate" };
  const verdict = rig.control.desk.submit(command, anna);
  rig.sample("north/v-101/position", 40);
  expect(rig.control.valves.resolve(toggle)).toEqual(answer);
  expect(rig.control.desk.submit(command, anna)).toEqual(verdict);
});
