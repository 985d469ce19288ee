import { describe, expect, test } from "vitest";
import type { Value } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { Rig, slotsPoint } from "#test/sim/control-rig.ts";

const level = slotsPoint("north/level", { default: 5 });
const config = { readBackMs: 2_000, writeTimeoutMs: 1_000, askTimeoutMs: 500 };

function expirySteps(rig: Rig): string[] {
  return rig.facts.flatMap((fact) => (fact.kind === "command" && fact.step.command.asked === "override.expire" ? [fact.step.state] : []));
}

/** Killed while the release of a one-second override is on its way: the mark is durable, and the write went nowhere. */
async function killedInExpiry(): Promise<Rig> {
  const rig = await Rig.open({ points: [level], config, commitMs: () => 5 });
  rig.set("north/level", 40, { ttlMs: 1_000 });
  await rig.advance(900);
  rig.onAct = () => new Promise(() => {});
  await rig.advance(200);
  expect(expirySteps(rig)).toEqual(["recorded", "sending"]);
  expect(rig.tables.slots.size).toBe(0);
  return rig.restart();
}

describe("an expiry of which nobody knows whether the device has it", () => {
  test("after a crash leaves the override standing where the plant still shows it, and is tried again until it is gone", async () => {
    const rig = await killedInExpiry();
    await rig.advance(3_000);
    expect(expirySteps(rig)).toEqual(["unknown"]);
    expect(rig.acts).toEqual([]);
    expect(rig.control.overrides.list()).toMatchObject([{ value: 40, by: "anna", overdue: true }]);
    await rig.advance(10_000);
    expect(expirySteps(rig)).toEqual(["unknown", "recorded", "sending", "sent", "confirmed"]);
    expect(rig.values.get("north/level")).toBe(5);
    expect(rig.control.overrides.list()).toEqual([]);
    expect(rig.tables.documents.size).toBe(0);
    await rig.advance(60_000);
    expect(rig.acts).toHaveLength(1);
  });

  test("is not tried again once the plant shows that it came through, or that somebody else has set it since", async () => {
    for (const [shown, end] of [
      [5, "confirmed"],
      [70, "unknown"],
    ] as const) {
      const rig = await killedInExpiry();
      rig.values.set("north/level", shown);
      await rig.advance(60_000);
      expect(expirySteps(rig)).toEqual([end]);
      expect(rig.acts).toEqual([]);
      expect(rig.control.overrides.list()).toEqual([]);
      expect(rig.tables.documents.size).toBe(0);
    }
  });

  test("leaves what was set anew while it was looked for", async () => {
    const rig = await killedInExpiry();
    await rig.advance(500);
    rig.set("north/level", 60, { ttlMs: 60_000 });
    await rig.advance(30_000);
    expect(expirySteps(rig)).toEqual(["cancelled"]);
    expect(rig.control.overrides.list()).toMatchObject([{ value: 60 }]);
  });

  test("is tried again though the gateway is killed between its end and the slot standing again", async () => {
    let rig = await killedInExpiry();
    while (rig.tables.commands.size < 2 || [...rig.tables.commands.values()].at(-1)!.state !== "unknown") await rig.advance(1);
    expect(rig.tables.slots.size).toBe(0);
    rig = await rig.restart();
    await rig.advance(20_000);
    expect(expirySteps(rig).at(-1)).toBe("confirmed");
    expect(rig.values.get("north/level")).toBe(5);
  });

  test("is tried again without a crash as well, and not where the device said that it has it", async () => {
    const rig = await Rig.open({ points: [level], config });
    rig.set("north/level", 40, { ttlMs: 1_000 });
    await rig.advance(900);
    rig.onAct = () => {
      throw new GatewayError("timeout", "nobody answered", { sent: true });
    };
    await rig.advance(4_000);
    expect(expirySteps(rig).at(-1)).toBe("unknown");
    expect(rig.control.overrides.list()).toMatchObject([{ value: 40, overdue: true }]);
    rig.onAct = () => void rig.values.delete("north/level");
    await rig.advance(30_000);
    expect(expirySteps(rig).slice(-3)).toEqual(["sending", "sent", "unknown"]);
    expect(rig.control.overrides.list()).toEqual([]);
    expect(rig.acts).toHaveLength(3);
  });
});

test("a command that was looked for beneath an override is masked when that stands again", async () => {
  const rig = await Rig.open({ points: [level], config });
  rig.set("north/level", 40, { priority: 4, ttlMs: 1_000 });
  await rig.advance(900);
  rig.onAct = () => {
    throw new GatewayError("timeout", "nobody answered", { sent: true });
  };
  while (expirySteps(rig).length < 2) await rig.advance(1);
  await rig.advance(1_500);
  rig.onAct = () => {};
  const set = rig.set("north/level", 60);
  await rig.advance(10);
  const released = rig.release("north/level", { priority: 16 });
  // Each began the wait for the expiry anew, for half of a second more at least.
  for (let n = 0; n < 4_000 && expirySteps(rig).at(-1) !== "unknown"; n++) await rig.advance(1);
  await rig.advance(50);
  expect(rig.control.overrides.list()).toMatchObject([{ priority: 4, value: 40, overdue: true }, { priority: 8 }]);
  for (const { commandId } of [set, released]) {
    expect(rig.end(commandId)).toMatchObject({ state: "masked", heldBy: { priority: 4, value: 40 } });
  }
});

describe("an expiry on a device that keeps the sixteen itself", () => {
  /** Killed as above; `then` is what slot 8 holds when the next gateway looks. */
  async function killed(then: Value | null, unread = 0) {
    const array: (Value | null)[] = Array.from({ length: 16 }, () => null);
    const device = { isDeaf: false, unread: 0 };
    let now!: Rig;
    now = await Rig.open({
      points: [level],
      config,
      devices: (rig) => ({
        keepsSlots: () => true,
        slots: () => {
          if (device.unread === 0) return Promise.resolve([...array]);
          device.unread--;
          return Promise.reject(new GatewayError("timeout", "no answer"));
        },
        actuator: () => ({
          perform: async (act) => {
            rig.acts.push(act);
            await rig.time.sleep(5);
            if (device.isDeaf) return new Promise(() => {});
            if (act.do !== "call") array[act.priority - 1] = act.do === "set" ? act.value : null;
            return { assurance: "device" };
          },
        }),
        ask: async (points) => {
          const askedAt = rig.time.now();
          await rig.time.sleep(2);
          for (const point of points) now.sample(point, array.find((value) => value !== null) ?? 5, { askedAt });
        },
      }),
    });
    now.set("north/level", 40, { ttlMs: 1_000 });
    await now.advance(900);
    device.isDeaf = true;
    await now.advance(200);
    expect(expirySteps(now)).toEqual(["recorded", "sending"]);
    device.isDeaf = false;
    device.unread = unread;
    array[7] = then;
    now = await now.restart();
    await now.advance(30_000);
    return { rig: now, array };
  }

  test("is sent again while the slot still holds what was ours, whose it stays until then", async () => {
    const { rig, array } = await killed(40);
    expect(expirySteps(rig)).toEqual(["unknown", "recorded", "sending", "sent", "confirmed"]);
    expect(rig.acts).toMatchObject([{ do: "release", priority: 8 }]);
    expect(array[7]).toBeNull();
    expect(rig.control.overrides.list()).toEqual([]);
  });

  test("leaves what another master has put there, also where the array could not be read at first", async () => {
    for (const unread of [0, 12]) {
      const { rig, array } = await killed(70, unread);
      expect(expirySteps(rig)).toEqual(["unknown"]);
      expect(rig.acts).toEqual([]);
      expect(array[7]).toBe(70);
      expect(rig.control.overrides.list()).toMatchObject([{ value: 70, by: "device", overdue: false }]);
    }
  });
});
