import { describe, expect, test } from "vitest";
import type { Interlock, Point } from "#msgs/point.ts";
import type { Principal } from "#src/contract/control.ts";
import { quality } from "#msgs/quality.ts";
import { anna, readPoint, Rig, script, slotsPoint } from "#test/sim/control-rig.ts";
import { gates } from "./gates.ts";
import { checkInterlocks } from "./interlock-book.ts";

const dryRun: Interlock = {
  name: "dry-run",
  blockedWhen: 'target && point("north/p-1/running")',
  because: "pump p-1 is running",
  onBad: "block",
};
const valve = (interlock: Interlock = dryRun): Point =>
  slotsPoint("north/v-102", { interlocks: [interlock], default: false }, { kind: "boolean" });
const pump = readPoint("north/p-1/running", { kind: "boolean" });

test("the gates stand in the order the design gives", () => {
  expect(gates.map(({ name }) => name)).toEqual([
    "expiry",
    "record",
    "rights",
    "priority",
    "lease",
    "limits",
    "expected",
    "interlocks",
    "select",
  ]);
});

describe("rights", () => {
  test("a viewer commands nothing, and an operator only in the areas they have", async () => {
    const rig = await Rig.open({ points: [slotsPoint("north/level")] });
    expect(rig.set("north/level", 1, {}, { ...anna, role: "viewer" })).toMatchObject({ code: "no-right" });
    expect(rig.set("north/level", 1, {}, { ...anna, areas: ["south"] })).toMatchObject({
      code: "no-right",
      message: "anna may not command in area north",
    });
    expect(rig.set("north/level", 1, {}, { ...anna, areas: ["north"] }).status).toBe("success");
  });

  test("a right to an area is a right to what lies in it", async () => {
    const rig = await Rig.open({
      points: [slotsPoint("north/level")],
      config: { parentOf: (area) => (area === "north" ? "site" : undefined) },
    });
    expect(rig.set("north/level", 1, {}, { ...anna, areas: ["site"] }).status).toBe("success");
  });
});

describe("methods for administrators", () => {
  const call = (rig: Rig, method: string, by: Principal) =>
    rig.control.desk.submit(
      { id: `${method}-${by.role}`, act: { do: "call", device: "plc", method, args: {} }, priority: 8, asked: "t" },
      by,
    );
  const open = () => Rig.open({ points: [slotsPoint("north/level")], adminMethods: ["reinitialize"] });

  test.each(["viewer", "operator", "engineer"] as const)("are refused to %s with a reason, and nothing is sent", async (role) => {
    const rig = await open();
    const verdict = call(rig, "reinitialize", { ...anna, role });
    expect(verdict).toMatchObject({ status: "rejected", code: "no-right" });
    if (role === "operator") expect(verdict).toMatchObject({ message: '"reinitialize" on plc is for administrators; anna is an operator' });
    await rig.advance(500);
    expect(rig.acts).toEqual([]);
  });

  test("are sent for an administrator, and other methods for an operator", async () => {
    const rig = await open();
    expect(call(rig, "reinitialize", { ...anna, role: "admin" }).status).toBe("success");
    expect(call(rig, "read-events", anna).status).toBe("success");
    await rig.advance(500);
    expect(rig.acts.map((act) => act.do === "call" && act.method)).toEqual(["reinitialize", "read-events"]);
  });
});

describe("values", () => {
  const limited = slotsPoint("north/level", { limits: { min: 0, max: 80, maxStep: 10 } }, { unit: "%" });

  test.each([
    [Number.NaN, "wrong-kind"],
    [Number.POSITIVE_INFINITY, "wrong-kind"],
    ["high", "wrong-kind"],
    [true, "wrong-kind"],
    [81, "out-of-range"],
    [-1, "out-of-range"],
  ])("%s is refused with %s", async (value, code) => {
    const rig = await Rig.open({ points: [limited] });
    expect(rig.set("north/level", value)).toMatchObject({ status: "rejected", code });
  });

  test("a step is measured from what the plant shows, and refused where that is not known", async () => {
    const rig = await Rig.open({ points: [limited] });
    expect(rig.set("north/level", 5)).toMatchObject({ code: "step-unknown" });
    rig.sample("north/level", 40);
    expect(rig.set("north/level", 55)).toMatchObject({
      code: "step-too-large",
      message: expect.stringContaining("stands at 40 %") as string,
    });
    expect(rig.set("north/level", 50).status).toBe("success");
  });

  test("what was seen must still be so", async () => {
    const rig = await Rig.open({ points: [slotsPoint("north/level")] });
    expect(rig.set("north/level", 5, { expected: 40 })).toMatchObject({ code: "not-as-seen" });
    rig.sample("north/level", 40.2);
    expect(rig.set("north/level", 5, { expected: 40 }).status).toBe("success");
    rig.sample("north/level", 44);
    expect(rig.set("north/level", 5, { expected: 40 })).toMatchObject({ message: "north/level was seen at 40 and is now at 44" });
  });

  test("a reserved slot is released only where we filled it ourselves", async () => {
    const rig = await Rig.open({ points: [slotsPoint("north/level"), slotsPoint("north/other")], config: { reservedPriorities: [] } });
    expect(rig.set("north/level", 1, { priority: 2 }).status).toBe("success");
    await rig.advance(5_000);
    rig.control.configure({ reservedPriorities: [1, 2, 5, 6] });
    const release = (point: string) =>
      rig.control.desk.submit({ id: `r-${point}`, act: { do: "release", point }, priority: 2, asked: "t" }, anna);
    expect(release("north/other")).toMatchObject({ code: "reserved-priority" });
    expect(release("north/level").status).toBe("success");
  });

  test("unknown points and devices, read-only points, reserved and impossible priorities are refused", async () => {
    const rig = await Rig.open({
      points: [slotsPoint("north/level"), readPoint("north/flow"), slotsPoint("north/pulse", { mode: "momentary" })],
    });
    expect(rig.set("north/nothing", 1)).toMatchObject({ code: "unknown-point" });
    expect(
      rig.control.desk.submit({ id: "x", act: { do: "call", device: "no", method: "m", args: {} }, priority: 8, asked: "a" }, anna),
    ).toMatchObject({
      code: "unknown-device",
    });
    expect(rig.set("north/flow", 1)).toMatchObject({ code: "read-only" });
    expect(rig.set("north/level", 1, { priority: 1 })).toMatchObject({ code: "reserved-priority" });
    const release = { id: "r", act: { do: "release", point: "north/level" }, priority: 2, asked: "t" } as const;
    expect(rig.control.desk.submit(release, anna)).toMatchObject({ code: "reserved-priority" });
    expect(rig.set("north/level", 1, { priority: 17 })).toMatchObject({ code: "bad-priority" });
    expect(rig.set("north/level", 1, { priority: 2.5 })).toMatchObject({ code: "bad-priority" });
    expect(rig.release("north/pulse")).toMatchObject({ code: "nothing-to-release" });
  });
});

describe("an interlock", () => {
  test("closes the door with its reason, and only for what it is about", async () => {
    const rig = await Rig.open({ points: [valve(), pump] });
    rig.sample("north/p-1/running", true);
    expect(rig.set("north/v-102", true)).toMatchObject({
      code: "interlock",
      message: "north/v-102 cannot be set to true: pump p-1 is running (interlock dry-run)",
    });
    expect(rig.set("north/v-102", false).status).toBe("success");
    rig.sample("north/p-1/running", false);
    expect(rig.set("north/v-102", true).status).toBe("success");
  });

  test.each([
    ["missing", undefined, "north/p-1/running has no value"],
    ["bad", quality.badLink, "bad link"],
    ["stale", quality.uncertainStale, "uncertain stale"],
  ])("whose input is %s blocks and names it", async (_, byte, words) => {
    const rig = await Rig.open({ points: [valve(), pump] });
    if (byte !== undefined) rig.sample("north/p-1/running", byte >= 128 ? null : false, { quality: byte });
    expect(rig.set("north/v-102", false)).toMatchObject({ code: "interlock", message: expect.stringContaining(words) as string });
  });

  test("with onBad allow lets it pass and the record says so", async () => {
    const rig = await Rig.open({ points: [valve({ ...dryRun, onBad: "allow" }), pump] });
    const { commandId } = rig.set("north/v-102", true);
    await rig.advance(100);
    expect(rig.steps(commandId)[0]).toMatchObject({
      code: "allowed-on-bad-input",
      message: expect.stringContaining("north/p-1/running") as string,
    });
  });

  test("that errs blocks", async () => {
    const rig = await Rig.open({ points: [valve({ ...dryRun, blockedWhen: "1 / 0 > 1" })] });
    expect(rig.set("north/v-102", true)).toMatchObject({ message: expect.stringContaining("division by zero") as string });
  });

  test("is asked again before a held command goes out", async () => {
    const critical = slotsPoint("north/v-102", { interlocks: [dryRun], significance: "critical" }, { kind: "boolean" });
    const rig = await Rig.open({ points: [critical, pump] });
    rig.sample("north/p-1/running", false);
    const { commandId } = rig.set("north/v-102", true);
    await rig.advance(10);
    rig.sample("north/p-1/running", true);
    expect(rig.control.desk.release(commandId, { ...anna, name: "bela" })).toMatchObject({ code: "interlock" });
    await rig.advance(10);
    expect(rig.end(commandId)?.state).toBe("rejected");
  });

  test("does not keep a slot from being given back where nothing would be written", async () => {
    const left = slotsPoint("north/v-102", { interlocks: [{ ...dryRun, blockedWhen: 'point("north/p-1/running")' }] }, { kind: "boolean" });
    const rig = await Rig.open({ points: [left, pump] });
    rig.sample("north/p-1/running", true);
    expect(rig.set("north/v-102", true, {}, script)).toMatchObject({ code: "interlock" });
    expect(rig.release("north/v-102").status).toBe("success");
  });

  test("is checked against the points when a site is loaded", () => {
    const points = (blockedWhen: string) => new Map([valve({ ...dryRun, blockedWhen }), pump].map((point) => [point.id, point]));
    const problem = (blockedWhen: string) => checkInterlocks(points(blockedWhen))[0]?.message;
    expect(problem(dryRun.blockedWhen)).toBeUndefined();
    expect(problem('point("north/nothing") > 3')).toBe('interlock dry-run: there is no point "north/nothing"');
    expect(problem('point("north/p-1/running") > 3')).toContain("no such overload: bool > int");
    expect(problem('point("north/p-1/running") &&')).toContain("Unexpected token");
    expect(problem("42")).toContain("it must be true or false");
    expect(problem("running")).toContain("Unknown variable: running");
  });

  test("may compare a number with a whole one, as people write it", () => {
    const flow = readPoint("north/flow");
    const blockedWhen = 'point("north/flow") == 0 || point("north/flow") + 1 > 10 || !(point(\'north/flow\') != 3)';
    expect(checkInterlocks(new Map([valve({ ...dryRun, blockedWhen }), flow].map((point) => [point.id, point])))).toEqual([]);
  });
});
