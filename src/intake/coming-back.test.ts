import { expect, it } from "vitest";
import { hostOn } from "#test/fakes/host-rig.ts";
import { farSide, scriptedConfig } from "#test/fakes/scripted-adapter.ts";

const second = 1_000_000;

/** One device with a fast point and a slow one, and a neighbour, so that the link stays up. */
const config = () => {
  const made = scriptedConfig({ a: 2, b: 1 });
  const [a, b] = made.devices;
  const [fast, slow] = a!.bindings;
  return { ...made, devices: [{ ...a!, bindings: [fast!, { ...slow!, pollMs: 2_000 }] }, b!] };
};

it("a device that is back is read whole at once: no group of it sits out the rest of its pause", async () => {
  const far = farSide();
  const { machine, host, spec, latest, stop } = hostOn(far, config());
  await host.apply([spec]);
  await machine.runAsync(3 * second, 5_000);
  far.dead.add("a");
  await machine.runAsync(180 * second, 50_000);
  far.dead.delete("a");
  const backAt = await firstGood();
  await machine.runAsync(100_000, 5_000);
  expect(["a/1", "a/2"].map((id) => latest.get(id)?.quality)).toEqual([0, 0]);
  expect(backAt).toBeLessThanOrEqual(30_500);
  await stop();

  async function firstGood(): Promise<number> {
    for (let ms = 0; ms < 60_000; ms += 10) {
      if (["a/1", "a/2"].some((id) => latest.get(id)?.quality === 0)) return ms;
      await machine.runAsync(10_000, 5_000);
    }
    return Infinity;
  }
});
