import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import type { AdapterModule, Binding, Connection } from "#src/contract/adapter.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { eventually } from "#test/fakes/gateway-process.ts";
import { FaultBoard } from "../faults/fault-board.ts";
import { readFault } from "../faults/fault.ts";
import { DeviceLog } from "../log/device-log.ts";
import { Plant } from "../model/plant.ts";
import { bacnetLink } from "./adapter-config.ts";
import { startBacnetSite, type BacnetSite } from "./start.ts";

const module: AdapterModule = bacnetAdapter;
let faults: FaultBoard;
let site: BacnetSite;
let connection: Connection;
const soon = () => AbortSignal.timeout(8_000);

function setpoint(number: number): Binding {
  const device = `vav-${number}`;
  return { point: `${device}/setpoint`, device, address: "analog-value:1", kind: "number", writable: true, pollMs: 1_000 };
}
function put(target: string, kind: string, settings: Record<string, number> = {}): void {
  const fault = readFault({ target, kind, ...settings });
  if (typeof fault === "string") throw new Error(fault);
  faults.put(fault);
}
const read = async (number: number) => (await connection.read([setpoint(number)], soon()))[0]!.raw;
const write = (number: number, value: number) => connection.act!({ do: "set", binding: setpoint(number), value, priority: 8 }, soon());

beforeEach(async () => {
  faults = new FaultBoard();
  const { quantities } = new Plant(7);
  site = await startBacnetSite({ quantities, faults, logOf: (device) => new DeviceLog(device, () => 0, null), port: 0 });
  const link = { ...bacnetLink(site.port), timeoutMs: 500, retries: 0, findMs: 1_000 };
  const devices = [1, 3].map((n) => ({ id: `vav-${n}`, options: { instance: 2010 + n, events: false }, bindings: [setpoint(n)] }));
  connection = await module.create({ id: "hall", link, devices }, realEnv()).connect(soon());
  await Promise.all([read(1), read(3)]);
});
afterEach(async () => {
  await connection.close();
  await site.close();
});

describe("faults of BACnet devices", () => {
  it("one that is off answers nothing and begins anew; the others do not notice", async () => {
    const before = await read(3);
    await write(3, 24);
    put("vav-3", "device-off");
    site.step();
    await expect(read(3)).rejects.toMatchObject({ code: "timeout" });
    expect(await read(1)).toBeTypeOf("number");
    faults.lift("vav-3", "device-off");
    site.step();
    expect(await read(3)).toBe(before);
    expect((await connection.slots!(setpoint(3), soon())).every((slot) => slot === null)).toBe(true);
  });

  it("a network that is unplugged takes all with it, and no slot is lost", async () => {
    await write(1, 24);
    put("bacnet", "device-off");
    await expect(read(1)).rejects.toMatchObject({ code: "timeout" });
    await expect(read(3)).rejects.toMatchObject({ code: "timeout" });
    faults.lift("bacnet", "device-off");
    site.step();
    expect(await read(1)).toBe(24);
  });

  it("a busy one refuses and a slow one comes late", async () => {
    put("vav-1", "busy");
    expect(await read(1)).toBeNull();
    faults.lift("vav-1", "busy");
    put("vav-1", "slow-device", { delayMs: 3_000 });
    await expect(read(1)).rejects.toMatchObject({ code: "timeout" });
    faults.lift("vav-1", "slow-device");
    expect(await read(1)).toBeTypeOf("number");
  });

  it("a box that ignores or clamps what it is told holds the slot and shows something else", async () => {
    const before = await read(1);
    put("vav-1/setpoint", "echo-but-ignore");
    await write(1, 25);
    expect((await connection.slots!(setpoint(1), soon()))[7]).toBe(25);
    expect(await read(1)).toBe(before);
    faults.lift("vav-1/setpoint", "echo-but-ignore");
    put("vav-1", "clamp", { low: 18, high: 22 });
    await write(1, 26);
    expect(await read(1)).toBe(22);
  });

  it("one whose answers are lost, or come damaged, harms nobody and is whole when the fault is gone", async () => {
    put("vav-1", "drop-answers", { share: 1 });
    await expect(read(1)).rejects.toMatchObject({ code: "timeout" });
    faults.lift("vav-1", "drop-answers");
    expect(await read(1)).toBeTypeOf("number");
    put("vav-1", "garbage", { share: 1 });
    // What is damaged is no answer, or one that is refused; nothing carries a sum that would tell every other.
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => read(1)));
    expect(answers.some(({ status }) => status === "rejected")).toBe(true);
    expect(await read(3)).toBeTypeOf("number");
    faults.lift("vav-1", "garbage");
    expect(await read(1)).toBeTypeOf("number");
  });

  it("a box that takes a command back, or obeys late, holds the slot from the start", async () => {
    const before = await read(1);
    const shows = (value: unknown) =>
      eventually(async () => {
        site.step();
        return (await read(1)) === value;
      });
    const slot = async () => (await connection.slots!(setpoint(1), soon()))[7];
    put("vav-1/setpoint", "late-effect", { afterMs: 300 });
    await write(1, 25);
    expect([await read(1), await slot()]).toEqual([before, 25]);
    await shows(25);
    faults.lift("vav-1/setpoint", "late-effect");
    put("vav-1/setpoint", "revert", { afterMs: 300 });
    await write(1, 20);
    expect([await read(1), await slot()]).toEqual([20, 20]);
    await shows(25);
    expect(await slot()).toBe(20);
  });
});
