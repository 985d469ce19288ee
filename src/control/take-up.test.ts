import { describe, expect, test } from "vitest";
import type { Value } from "#msgs/point.ts";
import { arrayDevice, Rig, slotsPoint } from "#test/sim/control-rig.ts";

const level = slotsPoint("north/level");

describe("after a crash", () => {
  test("without the mark sending it is cancelled; nothing is written", async () => {
    const rig = await Rig.open({ points: [slotsPoint("north/level", { significance: "critical" })] });
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(100);
    const next = await rig.restart();
    await next.advance(1_000);
    expect(next.end(commandId)).toMatchObject({ state: "cancelled", code: "not-sent" });
    expect(next.acts).toEqual([]);
  });

  test.each([
    { shows: 40, end: "confirmed" },
    { shows: 10, end: "unknown" },
  ])("with it the plant is read back: showing $shows it is $end, and nothing is sent again", async ({ shows, end }) => {
    const rig = await Rig.open({ points: [level] });
    rig.values.set("north/level", shows);
    rig.onAct = () => new Promise(() => {});
    const { commandId } = rig.set("north/level", 40);
    await rig.advance(100);
    expect(rig.states(commandId)).toEqual(["recorded", "sending"]);
    const next = await rig.restart();
    await next.advance(40_000);
    expect(next.end(commandId)?.state).toBe(end);
    expect(next.acts).toEqual([]);
  });

  test.each(["release", "set"] as const)("what a newer %s on its slot had followed is over, whatever the plant shows", async (newer) => {
    const rig = await Rig.open({ points: [level], commitMs: () => 5 });
    rig.onAct = () => {};
    const older = rig.set("north/level", 40);
    await rig.advance(100);
    expect(rig.states(older.commandId)).toContain("sent");
    if (newer === "set") rig.set("north/level", 60, { id: "newer" });
    else rig.release("north/level", { id: "newer" });
    // Stopped in the very moment in which the newer mark is durable and nothing that follows from it is.
    while (rig.tables.commands.get("newer")?.state !== "sending") await rig.advance(1);
    expect(rig.tables.commands.get(older.commandId)?.state).toBe("sent");
    const next = await rig.restart();
    await next.advance(40_000);
    expect(next.end(older.commandId)).toMatchObject({ state: "cancelled", code: "superseded" });
  });

  test("a release whose slot a newer command had filled is over, though the plant shows what holds it", async () => {
    const rig = await Rig.open({ points: [slotsPoint("north/level", { default: 0 })], commitMs: () => 5 });
    rig.set("north/level", 40);
    await rig.advance(3_000);
    rig.onAct = () => {};
    const release = rig.release("north/level");
    await rig.advance(100);
    rig.set("north/level", 60, { id: "newer" });
    while (rig.tables.commands.get("newer")?.state !== "sending") await rig.advance(1);
    rig.values.set("north/level", 60);
    const next = await rig.restart();
    await next.advance(40_000);
    expect(next.end(release.commandId)).toMatchObject({ state: "cancelled", code: "superseded" });
    expect(next.end("newer")?.state).toBe("confirmed");
  });
});

test.each([{ keeps: false }, { keeps: true }])(
  "what a newer command followed on a momentary point, or on an array of the device ($keeps), is over after a crash",
  async ({ keeps }) => {
    const array: (Value | null)[] = Array.from({ length: 16 }, () => null);
    let rig!: Rig;
    rig = await Rig.open({
      points: [
        slotsPoint("north/level", { mode: keeps ? "slots" : "momentary", evidence: { tolerance: 0.5, withinMs: 2_000, holdMs: 1_000 } }),
      ],
      commitMs: () => 5,
      devices: arrayDevice(
        array,
        () => array[7] ?? 0,
        () => rig,
        keeps,
      ),
    });
    const older = rig.set("north/level", 40);
    await rig.advance(100);
    rig.set("north/level", 60, { id: "newer" });
    while (array[7] !== 60) await rig.advance(1);
    expect(rig.tables.commands.get(older.commandId)?.state).toBe("sent");
    rig = await rig.restart();
    await rig.advance(40_000);
    expect(rig.end(older.commandId)).toMatchObject({ state: "cancelled", code: "superseded" });
    expect(rig.end("newer")?.state).toBe("confirmed");
  },
);
