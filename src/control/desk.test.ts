import { describe, expect, test } from "vitest";
import type { Receipt } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { quality } from "#msgs/quality.ts";
import { anna, bela, readPoint, Rig, script, slotsPoint } from "#test/sim/control-rig.ts";

const level = slotsPoint("north/level");

describe("a command's way", () => {
  test("goes recorded, sending, sent and is confirmed once the plant shows it", async () => {
    const rig = await Rig.open({ points: [level] });
    const verdict = rig.set("north/level", 40);
    expect(verdict.status).toBe("success");
    expect(rig.states(verdict.commandId)).toEqual([]);
    await rig.advance(100);
    expect(rig.states(verdict.commandId)).toEqual(["recorded", "sending", "sent", "confirmed"]);
    expect(rig.end(verdict.commandId)).toMatchObject({ observed: { point: "north/level", value: 40, quality: 0 } });
  });

  test("writing the value that is there already is still confirmed, by asking", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.values.set("north/level", 40);
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(100);
    expect(rig.end(commandId)?.state).toBe("confirmed");
    expect(rig.acts).toHaveLength(1);
  });

  test("a device that echoes and does nothing ends in mismatch, with what was observed", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.values.set("north/level", 10);
    rig.onAct = () => {};
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(3_000);
    expect(rig.end(commandId)).toMatchObject({ state: "mismatch", code: "mismatch", observed: { value: 10 } });
  });

  test("a device that says no ends in failed, and its slot is as it was before", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.onAct = () => Promise.reject(new GatewayError("device-refused", "exception 3", { sent: true }));
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(100);
    expect(rig.end(commandId)).toMatchObject({ state: "failed", code: "device-refused" });
    expect(rig.control.overrides.list()).toEqual([]);
  });

  test("a device that is not there ends in failed: nothing was sent", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.linkUp = false;
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(100);
    expect(rig.end(commandId)).toMatchObject({ state: "failed", code: "link-down" });
    expect(rig.acts).toEqual([]);
  });

  test("an answer that never comes leaves it to the plant: confirmed when it shows it, unknown when it does not", async () => {
    const rig = await Rig.open({ points: [level], config: { writeTimeoutMs: 1_000 } });
    rig.values.set("north/level", 10);
    rig.onAct = (act) => {
      if (act.do === "set" && act.value === 40) rig.values.set("north/level", 40);
      return new Promise(() => {});
    };
    const arrived = rig.set("north/level", 40);
    await rig.advance(2_000);
    expect(rig.states(arrived.commandId)).toEqual(["recorded", "sending", "confirmed"]);
    const lost = rig.set("north/level", 60);
    await rig.advance(5_000);
    expect(rig.end(lost.commandId)).toMatchObject({ state: "unknown", code: "in-doubt", observed: { value: 40 } });
    expect(rig.acts).toHaveLength(2);
  });

  test("a newer command for the same slot ends the older one's wait", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.onAct = () => {};
    const older = rig.set("north/level", 40);
    await rig.advance(100);
    rig.onAct = undefined;
    const newer = rig.set("north/level", 50);
    await rig.advance(100);
    expect(rig.end(older.commandId)).toMatchObject({ state: "cancelled", code: "superseded" });
    expect(rig.end(newer.commandId)?.state).toBe("confirmed");
  });

  test("commands for one point go out in order, one at a time", async () => {
    const rig = await Rig.open({ points: [level] });
    for (const value of [1, 2, 3]) rig.set("north/level", value);
    await rig.advance(100);
    expect(rig.acts.map((act) => act.do === "set" && act.value)).toEqual([1, 2, 3]);
    expect(rig.values.get("north/level")).toBe(3);
  });

  test("behind another it can be taken back; once it is on its way it is too late", async () => {
    const rig = await Rig.open({ points: [level], commitMs: () => 20 });
    const first = rig.set("north/level", 30);
    const early = rig.set("north/level", 40);
    expect(rig.control.desk.cancel(early.commandId, anna)).toMatchObject({ status: "success" });
    await rig.advance(200);
    expect(rig.states(early.commandId)).toEqual(["recorded", "cancelled"]);
    expect(rig.end(first.commandId)?.state).toBe("confirmed");
    expect(rig.acts).toHaveLength(1);
    const late = rig.set("north/level", 40);
    await rig.advance(45);
    expect(rig.control.desk.cancel(late.commandId, anna)).toMatchObject({ code: "too-late" });
    expect(rig.control.desk.cancel("nobody", anna)).toMatchObject({ code: "unknown-command" });
  });
});

describe("an id", () => {
  test("sent again with the same body gets the same verdict and nothing happens twice", async () => {
    const rig = await Rig.open({ points: [level] });
    const first = rig.set("north/level", 40, { id: "mine" });
    expect(rig.set("north/level", 40, { id: "mine" })).toEqual(first);
    await rig.advance(100);
    expect(rig.set("north/level", 40, { id: "mine" })).toEqual(first);
    await rig.advance(100);
    expect(rig.acts).toHaveLength(1);
    expect(rig.states("mine")).toHaveLength(4);
  });

  test("sent again with another body, or by somebody else, is refused", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.set("north/level", 40, { id: "mine" });
    expect(rig.set("north/level", 41, { id: "mine" })).toMatchObject({ status: "rejected", code: "id-reused" });
    expect(rig.set("north/level", 40, { id: "mine" }, bela)).toMatchObject({ code: "id-reused" });
  });

  test("of a refused command is refused again in the same words, also after a restart", async () => {
    const rig = await Rig.open({ points: [slotsPoint("north/level", { limits: { max: 80 } })] });
    const first = rig.set("north/level", 90, { id: "mine" });
    expect(first).toMatchObject({ status: "rejected", code: "out-of-range" });
    await rig.advance(10);
    expect(rig.states("mine")).toEqual(["rejected"]);
    const next = await rig.restart();
    expect(next.set("north/level", 90, { id: "mine" })).toEqual(first);
  });
});

describe("a critical point", () => {
  const critical = slotsPoint("north/level", { significance: "critical" });

  test("waits for somebody else, and goes out when they have come", async () => {
    const rig = await Rig.open({ points: [critical] });
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(100);
    expect(rig.states(commandId)).toEqual(["recorded", "held"]);
    expect(rig.control.desk.release(commandId, anna)).toMatchObject({ code: "second-person" });
    expect(rig.control.desk.release(commandId, { ...bela, role: "viewer" })).toMatchObject({ code: "no-right" });
    expect(rig.control.desk.release(commandId, bela)).toMatchObject({ status: "success" });
    await rig.advance(100);
    expect(rig.states(commandId)).toEqual(["recorded", "held", "released", "sending", "sent", "confirmed"]);
    expect(rig.steps(commandId)[2]?.by).toBe("bela");
  });

  test("expires when nobody comes", async () => {
    const rig = await Rig.open({ points: [critical], config: { heldMs: 60_000 } });
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(60_100);
    expect(rig.end(commandId)).toMatchObject({ state: "expired", code: "expired" });
    expect(rig.control.desk.release(commandId, bela)).toMatchObject({ code: "too-late" });
  });

  test("must be selected first where the site wants it, and a selection keeps others out", async () => {
    const rig = await Rig.open({ points: [critical], config: { selectRequired: "critical" } });
    expect(rig.set("north/level", 40)).toMatchObject({ code: "not-selected" });
    expect(rig.control.select("north/level", anna).ok).toBe(true);
    expect(rig.control.select("north/level", bela)).toMatchObject({ code: "locked-by-other" });
    expect(rig.set("north/level", 40, {}, bela)).toMatchObject({ code: "locked-by-other" });
    expect(rig.set("north/level", 40).status).toBe("success");
    expect(rig.control.select("north/level", bela).ok).toBe(true);
    await rig.advance(11_000);
    expect(rig.control.select("north/level", anna).ok).toBe(true);
  });
});

describe("a selection for a value", () => {
  test("lets that through and nothing else, and says what differs", async () => {
    const rig = await Rig.open({ points: [slotsPoint("north/level", { limits: { max: 100 } })], config: { selectRequired: "critical" } });
    expect(rig.control.select("north/level", anna, { do: "set", value: 40 }).ok).toBe(true);
    expect(rig.set("north/level", 50)).toMatchObject({
      status: "rejected",
      code: "not-as-selected",
      message: "north/level is selected to be set to 40, not to be set to 50",
    });
    expect(rig.release("north/level")).toMatchObject({ code: "not-as-selected" });
    expect(rig.set("north/level", 40).status).toBe("success");
    expect(rig.control.select("north/level", anna, { do: "release" }).ok).toBe(true);
    expect(rig.set("north/level", 40, {})).toMatchObject({ code: "not-as-selected" });
    expect(rig.release("north/level").status).toBe("success");
  });

  test("is refused for a value that could not be commanded", async () => {
    const rig = await Rig.open({ points: [slotsPoint("north/level", { limits: { max: 100 } })] });
    expect(rig.control.select("north/level", anna, { do: "set", value: 300 })).toMatchObject({ ok: false, code: "out-of-range" });
    expect(rig.set("north/level", 40, {}, bela).status).toBe("success");
  });
});

describe("a command turned away because too many are under way", () => {
  test("is audited: the first of a sender at once, and how many more there were", async () => {
    const rig = await Rig.open({ points: [level], config: { openAtMost: 1 } });
    rig.onAct = () => new Promise(() => {});
    expect(rig.set("north/level", 1).status).toBe("success");
    const before = rig.tables.audited;
    for (let n = 0; n < 5; n++) expect(rig.set("north/level", 2 + n)).toMatchObject({ code: "overloaded" });
    await rig.advance(100);
    const once = rig.tables.audited;
    expect(once - before).toBeGreaterThan(0);
    await rig.advance(9_000);
    const quiet = rig.tables.audited;
    await rig.advance(1_100);
    expect(rig.tables.audited).toBe(quiet + 1);
  });
});

describe("a command with a date", () => {
  test("is not sent after it", async () => {
    const rig = await Rig.open({ points: [level], commitMs: () => 50 });
    const { commandId } = rig.set("north/level", 40, { expiresAt: rig.time.now() + 40_000 });
    await rig.advance(300);
    expect(rig.states(commandId)).toEqual(["recorded", "sending", "expired"]);
    expect(rig.acts).toEqual([]);
  });

  test("is refused when the date has passed, or when the gateway does not know the date", async () => {
    const rig = await Rig.open({ points: [level] });
    expect(rig.set("north/level", 40, { expiresAt: rig.time.now() })).toMatchObject({ code: "expired" });
    rig.time.isTrusted = false;
    expect(rig.set("north/level", 40, { expiresAt: rig.time.now() + 9e9 })).toMatchObject({ code: "time-not-trusted" });
    expect(rig.set("north/level", 40).status).toBe("success");
  });
});

describe("a call", () => {
  async function called(assurance: Receipt["assurance"]) {
    const rig = await Rig.open({
      points: [level],
      devices: () => ({ actuator: () => ({ perform: () => Promise.resolve({ assurance }) }), ask: () => Promise.resolve() }),
    });
    const act = { do: "call", device: "plc", method: "hold", args: {} } as const;
    rig.control.desk.submit({ id: "call", act, priority: 8, asked: "device.call" }, anna);
    await rig.advance(100);
    return rig.end("call");
  }

  test("is confirmed by the device's own answer and unknown by anybody else's", async () => {
    expect(await called("device")).toMatchObject({ state: "confirmed" });
    expect(await called("transport")).toMatchObject({ state: "unknown", code: "no-evidence" });
    expect(await called("none")).toMatchObject({ state: "unknown" });
  });
});

describe("evidence", () => {
  test("a poll that overtakes the write does not count, nor does a retained, a historical or an undated sample", async () => {
    const rig = await Rig.open({ points: [level, readPoint("north/other")] });
    rig.values.set("north/level", 10);
    rig.onAct = () => {};
    const before = rig.time.now();
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(50);
    rig.sample("north/level", 40, { askedAt: before });
    rig.sample("north/level", 40, { origin: "retained" });
    rig.sample("north/level", 40, { origin: "historical" });
    rig.sample("north/level", 40, { quality: quality.uncertainStale });
    rig.sample("north/level", 40, { origin: "pushed", sourceTime: before });
    rig.sample("north/level", 40, { origin: "pushed", sourceTime: rig.time.now() + 1_000_000 });
    await rig.advance(3_000);
    expect(rig.end(commandId)?.state).toBe("mismatch");
  });

  test("a pushed sample with the device's own time after the answer counts at once", async () => {
    const rig = await Rig.open({ points: [level] });
    rig.onAct = () => {};
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(50);
    rig.sample("north/level", 40, { origin: "pushed" });
    await rig.advance(1);
    expect(rig.end(commandId)?.state).toBe("confirmed");
  });

  test("a value that goes back after two seconds is a mismatch where it must be held for three", async () => {
    const held = slotsPoint("north/level", { evidence: { tolerance: 0.5, withinMs: 1_000, holdMs: 3_000 } });
    const rig = await Rig.open({ points: [held] });
    rig.values.set("north/level", 10);
    rig.onAct = () => {
      rig.values.set("north/level", 40);
      rig.time.after(2_000, () => rig.values.set("north/level", 10));
    };
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(6_000);
    expect(rig.end(commandId)).toMatchObject({
      state: "mismatch",
      message: "the plant showed it and then went back",
      observed: { value: 10 },
    });
  });

  test("a plant that falls silent before it got there is unknown, not a mismatch", async () => {
    const slow = slotsPoint("north/level", { evidence: { tolerance: 0.5, withinMs: 10_000, holdMs: 0 } });
    const rig = await Rig.open({ points: [slow] });
    rig.values.set("north/level", 10);
    rig.onAct = () => {};
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(1_000);
    rig.linkUp = false;
    await rig.advance(10_000);
    expect(rig.end(commandId)).toMatchObject({ state: "unknown", code: "no-evidence", observed: { value: 10 } });
  });

  test("another point may show the effect", async () => {
    const valve = slotsPoint(
      "north/open",
      { evidence: { point: "north/limit-switch", tolerance: 0, withinMs: 1_000, holdMs: 0 } },
      { kind: "boolean" },
    );
    const rig = await Rig.open({ points: [valve, readPoint("north/limit-switch", { kind: "boolean" })] });
    rig.onAct = () => void rig.values.set("north/limit-switch", true);
    const { commandId } = rig.set("north/open", true, {}, script);
    await rig.advance(100);
    expect(rig.end(commandId)).toMatchObject({ state: "confirmed", observed: { point: "north/limit-switch", value: true } });
  });
});
