import { expect, test } from "vitest";
import type { Value } from "#msgs/point.ts";
import { Rig, slotsPoint } from "#test/sim/control-rig.ts";

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
      devices: ({ time }) => ({
        keepsSlots: () => keeps,
        slots: () => Promise.resolve([...array]),
        actuator: () => ({
          perform: (act) => {
            if (act.do === "set") array[act.priority - 1] = act.value;
            return Promise.resolve({ assurance: "device" });
          },
        }),
        ask: async (points) => {
          const askedAt = time.now();
          await time.sleep(2);
          for (const point of points) rig.sample(point, array[7] ?? 0, { askedAt });
        },
      }),
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
