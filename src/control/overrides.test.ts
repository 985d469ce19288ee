import { describe, expect, test } from "vitest";
import type { Control as PointControl, Value } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { anna, Rig, script, slotsPoint } from "#test/sim/control-rig.ts";

const level = slotsPoint("north/level", { default: 5 });
const hour = 3_600_000;

async function expired(rig: Rig): Promise<string[]> {
  await rig.advance(100);
  return rig.facts.flatMap((fact) => (fact.kind === "command" && fact.step.command.asked === "override.expire" ? [fact.step.state] : []));
}

describe("a slot", () => {
  test("beneath a higher one is masked, and takes over when that is given back", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.set("north/level", 40, { priority: 8 });
    const low = rig.set("north/level", 20, { priority: 16 }, script);
    await rig.advance(100);
    expect(rig.end(low.commandId)).toMatchObject({ state: "masked", heldBy: { priority: 8, value: 40 } });
    const release = rig.release("north/level");
    await rig.advance(100);
    expect(rig.end(release.commandId)).toMatchObject({ state: "confirmed", observed: { value: 20 } });
    const last = rig.release("north/level", { priority: 16 });
    await rig.advance(100);
    expect(rig.end(last.commandId)).toMatchObject({ state: "confirmed", observed: { value: 5 } });
  });

  test("a command that waits for its evidence is masked by one above it", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.onAct = () => {};
    const low = rig.set("north/level", 20, { priority: 16 }, script);
    await rig.advance(50);
    rig.onAct = undefined;
    rig.set("north/level", 40);
    await rig.advance(100);
    expect(rig.end(low.commandId)).toMatchObject({ state: "masked", heldBy: { priority: 8, value: 40 } });
  });

  test("given back with nothing beneath and no default writes nothing", async () => {
    const rig = await Rig.open({ points: [slotsPoint("north/level")] });
    rig.set("north/level", 40);
    await rig.advance(100);
    const { commandId } = rig.release("north/level");
    await rig.advance(100);
    expect(rig.end(commandId)?.state).toBe("confirmed");
    expect(rig.acts).toHaveLength(1);
    expect(rig.values.get("north/level")).toBe(40);
  });

  test("empty already is given back all the same, once the plant shows what holds the point", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.values.set("north/level", 5);
    const { commandId } = rig.release("north/level");
    await rig.advance(100);
    expect(rig.end(commandId)).toMatchObject({ state: "confirmed", observed: { value: 5 } });
  });
});

describe("an override", () => {
  test("without time or reason lives as long as its point says, eight hours when it says nothing", async () => {
    const rig = await Rig.open({ points: [level, slotsPoint("north/short", { overrideTtlMs: 60_000 })] });
    rig.set("north/level", 40);
    rig.set("north/short", 1);
    await rig.advance(100);
    const until = Object.fromEntries(rig.control.overrides.list().map(({ point, since, until }) => [point, (until! - since) / 1_000]));
    expect(until).toEqual({ "north/level": 8 * hour, "north/short": 60_000 });
  });

  test("with a reason is permanent, and a program's set-point is no override", async () => {
    const rig = await Rig.open({ points: [level, slotsPoint("north/other")] });
    rig.set("north/level", 40, { reason: "pump out for repair" });
    rig.set("north/other", 1, { priority: 16 }, script);
    await rig.advance(100);
    expect(rig.control.overrides.list()).toMatchObject([{ point: "north/level", reason: "pump out for repair", by: "anna" }]);
    expect(rig.control.overrides.list()[0]?.until).toBeUndefined();
  });

  test("is released by itself when its time is over", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.set("north/level", 40, { ttlMs: hour });
    await rig.advance(hour - 1_000);
    expect(rig.control.overrides.list()).toHaveLength(1);
    await rig.advance(1_000);
    expect(await expired(rig)).toEqual(["recorded", "sending", "sent", "confirmed"]);
    expect(rig.values.get("north/level")).toBe(5);
    expect(rig.control.overrides.list()).toEqual([]);
  });

  test("survives a restart, which writes nothing, and runs out in time", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.set("north/level", 40, { ttlMs: hour });
    await rig.advance(1_000);
    const next = await rig.restart();
    await next.advance(hour / 2);
    expect(next.acts).toEqual([]);
    expect(next.control.overrides.list()).toMatchObject([{ value: 40, by: "anna" }]);
    await next.advance(hour / 2);
    expect(await expired(next)).toContain("confirmed");
  });

  test("that ran out while the gateway was down is released at the start", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.set("north/level", 40, { ttlMs: hour });
    await rig.advance(1_000);
    rig.time.moveTo(rig.time.now() + 2 * hour * 1_000);
    const next = await rig.restart();
    expect(await expired(next)).toContain("confirmed");
  });

  test("whose release does not reach its device is tried again, each time as a command of its own", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.set("north/level", 40, { ttlMs: hour });
    await rig.advance(1_000);
    rig.linkUp = false;
    await rig.advance(hour + 2_000);
    expect(rig.control.overrides.list()).toMatchObject([{ overdue: true }]);
    expect(await expired(rig)).toEqual(["recorded", "sending", "failed"]);
    await rig.advance(30_000);
    rig.linkUp = true;
    await rig.advance(60_000);
    expect((await expired(rig)).at(-1)).toBe("confirmed");
    expect(rig.acts).toHaveLength(2);
    expect(rig.control.overrides.list()).toEqual([]);
  });

  test("keeps its eight hours when the date is corrected, and loses what the process stood still", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.set("north/level", 40, { ttlMs: hour });
    await rig.advance(1_000);
    const before = rig.control.overrides.list()[0]!.until!;
    const year = 365 * 24 * hour * 1_000;
    const jump = (why: "stepped forward" | "stalled", by: number) => {
      const from = rig.time.now();
      rig.time.moveTo(from + by);
      rig.publish({ kind: "clock", from, why, wallAheadUs: 0, trusted: true });
    };
    jump("stepped forward", year);
    expect(rig.control.overrides.list()[0]!.until).toBe(before + year);
    await rig.advance(10);
    expect(await expired(rig)).toEqual([]);
    jump("stalled", 2 * hour * 1_000);
    expect(await expired(rig)).toContain("confirmed");
  });

  test("keeps them as well when the date is corrected during a write that then fails, or that a recipe takes back", async () => {
    const rig = await Rig.open({ points: [level, slotsPoint("north/other")] });
    rig.set("north/level", 40, { ttlMs: hour });
    await rig.advance(1_000);
    const { until } = rig.control.overrides.list()[0]!;
    let refuse = () => {};
    rig.onAct = (act) => {
      if (act.do !== "set") return;
      if (act.binding.point === "north/level" && act.value !== 50) return void rig.values.set("north/level", act.value);
      return new Promise((_, reject) => (refuse = () => reject(new GatewayError("device-refused", "exception 3", { sent: true }))));
    };
    const corrected = async (by: number) => {
      await rig.advance(500);
      const from = rig.time.now();
      rig.time.moveTo(from + by);
      rig.publish({ kind: "clock", from, why: "stepped forward", wallAheadUs: 0, trusted: true });
      refuse();
      await rig.advance(5_000);
    };
    rig.set("north/level", 50);
    await corrected(5_000_000);
    expect(rig.control.overrides.list()).toMatchObject([{ value: 40, until: until! + 5_000_000 }]);
    const steps = [
      { point: "north/level", value: 60 },
      { point: "north/other", value: 60 },
    ];
    rig.control.recipes.apply({ id: "r", steps, order: "one-by-one", priority: 8, reason: "batch" }, anna);
    await corrected(5_000_000);
    expect(rig.control.recipes.find("r")).toMatchObject({ state: "failed" });
    const [kept] = rig.control.overrides.list();
    expect(kept).toMatchObject({ value: 40 });
    expect(Math.abs(kept!.until! - (until! + 10_000_000))).toBeLessThan(2_000);
  });

  test("all of them can be released at once, each a command", async () => {
    const rig = await Rig.open({ points: [level, slotsPoint("north/other", { default: 0 })] });
    rig.set("north/level", 40);
    rig.set("north/other", 1);
    await rig.advance(100);
    const verdicts = rig.control.overrides.releaseAll(anna, "all", { isWanted: (point) => point !== "north/other" });
    expect(verdicts).toEqual([{ status: "success", commandId: "all.1" }]);
    await rig.advance(100);
    expect(rig.control.overrides.list().map(({ point }) => point)).toEqual(["north/other"]);
  });
});

describe("a plant that stops following", () => {
  async function drifted(onReturn: "leave" | "reassert", values: Value[] = [40]) {
    const rig = await Rig.open({ points: [slotsPoint("north/level", { onReturn })] });
    rig.publish({ kind: "link", adapter: "modbus-1", state: "up" });
    rig.set("north/level", values[0]!, { reason: "test" });
    await rig.advance(100);
    return rig;
  }
  const events = (rig: Rig) => rig.facts.flatMap((fact) => (fact.kind === "event" ? [fact.type] : []));

  test("is shown as not in effect after as long as a command would get, and again in effect when it follows", async () => {
    const rig = await drifted("leave");
    rig.sample("north/level", 40);
    expect(rig.control.overrides.list()).toMatchObject([{ effect: "in effect" }]);
    rig.sample("north/level", 12);
    await rig.advance(1_000);
    expect(rig.control.overrides.list()).toMatchObject([{ effect: "in effect" }]);
    await rig.advance(1_500);
    expect(rig.control.overrides.list()).toMatchObject([{ effect: "not in effect" }]);
    rig.sample("north/level", 40);
    expect(rig.control.overrides.list()).toMatchObject([{ effect: "in effect" }]);
    expect(events(rig)).toEqual(["override.changed", "slot.not-in-effect", "slot.in-effect"]);
    expect(rig.acts).toHaveLength(1);
  });

  test.each(["leave", "reassert"] as const)("because its device came back is treated as the point says: %s", async (onReturn) => {
    const rig = await drifted(onReturn);
    rig.publish({ kind: "link", adapter: "modbus-1", state: "down" });
    rig.values.set("north/level", 0);
    rig.publish({ kind: "link", adapter: "modbus-1", state: "up" });
    await rig.advance(10);
    rig.sample("north/level", 0);
    await rig.advance(3_000);
    expect(rig.acts).toHaveLength(onReturn === "reassert" ? 2 : 1);
    expect(rig.control.overrides.list()).toMatchObject([{ by: "anna", reason: "test" }]);
  });

  test("is not written to by a gateway that has only just started", async () => {
    const rig = await drifted("reassert");
    const next = await rig.restart();
    next.publish({ kind: "link", adapter: "modbus-1", state: "up" });
    await next.advance(10);
    next.sample("north/level", 0);
    await next.advance(5_000);
    expect(next.acts).toEqual([]);
    expect(next.control.overrides.list()).toMatchObject([{ effect: "not in effect" }]);
  });
});

describe("a device that keeps the sixteen itself", () => {
  function arrayed(control: Partial<PointControl> = {}) {
    const array: (Value | null)[] = Array.from({ length: 16 }, () => null);
    /** How many questions for the array stay without an answer. */
    const silence = { left: 0 };
    const open = () =>
      Rig.open({
        points: [slotsPoint("north/level", { default: 5, ...control })],
        devices: (rig) => ({
          keepsSlots: () => true,
          slots: () => {
            if (silence.left === 0) return Promise.resolve([...array]);
            silence.left--;
            return Promise.reject(new GatewayError("timeout", "no answer"));
          },
          actuator: () => ({
            perform: async (act) => {
              rig.acts.push(act);
              await rig.time.sleep(5);
              if (act.do === "call") throw new GatewayError("not-supported", "no");
              array[act.priority - 1] = act.do === "set" ? act.value : null;
              return { assurance: "device" };
            },
          }),
          ask: async (points) => {
            const askedAt = rig.time.now();
            await rig.time.sleep(2);
            for (const point of points) rig.sample(point, array.find((value) => value !== null) ?? 5, { askedAt });
          },
        }),
      });
    return { array, silence, open };
  }

  test("gets each write at its own priority, and the end is read from its array", async () => {
    const { array, open } = arrayed();
    const rig = await open();
    const set = rig.set("north/level", 40);
    await rig.advance(500);
    expect(rig.end(set.commandId)).toMatchObject({ state: "confirmed", observed: { value: 40 } });
    array[4] = 77;
    const masked = rig.set("north/level", 41);
    await rig.advance(500);
    expect(rig.end(masked.commandId)).toMatchObject({ state: "masked", heldBy: { priority: 5, value: 77 } });
    expect(rig.control.overrides.list()).toMatchObject([
      { priority: 5, by: "device", value: 77 },
      { priority: 8, by: "anna", value: 41, effect: "masked" },
    ]);
    array[4] = null;
    const release = rig.release("north/level");
    await rig.advance(500);
    expect(rig.end(release.commandId)).toMatchObject({ state: "confirmed", observed: { value: 5 } });
    expect(array.every((cell) => cell === null)).toBe(true);
    expect(rig.acts.map((act) => act.do)).toEqual(["set", "set", "release"]);
  });

  test("is read when its link comes up, and what it lost is said", async () => {
    const { array, open } = arrayed();
    const rig = await open();
    rig.publish({ kind: "link", adapter: "modbus-1", state: "up" });
    rig.set("north/level", 40);
    await rig.advance(500);
    rig.publish({ kind: "link", adapter: "modbus-1", state: "down" });
    array[7] = null;
    rig.publish({ kind: "link", adapter: "modbus-1", state: "up" });
    await rig.advance(500);
    expect(rig.facts.some((fact) => fact.kind === "event" && fact.type === "slot.lost")).toBe(true);
    expect(rig.control.overrides.list()).toEqual([]);
    expect(rig.acts).toHaveLength(1);
  });

  test("is read again when it restarted behind a link that stayed up, and what it lost is said or put back", async () => {
    for (const onReturn of ["leave", "reassert"] as const) {
      const { array, open } = arrayed({ onReturn });
      const rig = await open();
      rig.publish({ kind: "link", adapter: "modbus-1", device: "plc", state: "up" });
      rig.set("north/level", 40);
      await rig.advance(500);
      array.fill(null);
      array[2] = 7;
      rig.publish({ kind: "event", type: "bacnet.restarted", device: "plc", data: {} });
      await rig.advance(1_000);
      expect(rig.facts.some((fact) => fact.kind === "event" && fact.type === "slot.lost")).toBe(true);
      expect(rig.control.overrides.list()).toContainEqual(expect.objectContaining({ priority: 3, by: "device", value: 7 }));
      expect(rig.acts).toHaveLength(onReturn === "reassert" ? 2 : 1);
      expect(array[7]).toBe(onReturn === "reassert" ? 40 : null);
    }
  });

  test("that does not answer at once after a restart is asked again", async () => {
    const { array, silence, open } = arrayed();
    const rig = await open();
    rig.set("north/level", 40);
    await rig.advance(500);
    array.fill(null);
    silence.left = 2;
    rig.publish({ kind: "event", type: "bacnet.restarted", device: "plc", data: {} });
    await rig.advance(5_000);
    expect(rig.control.overrides.list()).toEqual([]);
  });
});
