import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import type { AdapterConfig, AdapterModule, Binding, Connection, DeviceEvent, Found, PushedReading } from "#src/contract/adapter.ts";
import { isGood } from "#msgs/quality.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { until } from "#test/contract/harness.ts";
import { DeviceLog } from "../log/device-log.ts";
import { Plant } from "../model/plant.ts";
import { bacnetLink, bacnetSiteDevices } from "./adapter-config.ts";
import { startBacnetSite, type BacnetSite } from "./start.ts";

const module: AdapterModule = bacnetAdapter;
let plant: Plant;
let site: BacnetSite;
let connection: Connection;
const logs = new Map<string, DeviceLog>();
const soon = () => AbortSignal.timeout(8_000);

const config = (): AdapterConfig => ({
  id: "hall",
  link: { ...bacnetLink(site.port), timeoutMs: 1_000, discoverMs: 600, findMs: 2_000 },
  devices: bacnetSiteDevices.map(({ id, options, points }) => ({
    id,
    options,
    bindings: points.map(({ id: point, address, kind, writable }): Binding => ({
      point,
      device: id,
      address,
      kind,
      writable,
      pollMs: 1_000,
    })),
  })),
});
const bindings = (device: string) => config().devices.find(({ id }) => id === device)!.bindings;
const binding = (point: string) =>
  config()
    .devices.flatMap((device) => device.bindings)
    .find((one) => one.point === point)!;

beforeEach(async () => {
  plant = new Plant(7);
  const logOf = (device: string) => {
    const log = new DeviceLog(device, () => 0, null);
    logs.set(device, log);
    return log;
  };
  site = await startBacnetSite({ quantities: plant.quantities, logOf, port: 0 });
  expect(module.check(config())).toEqual([]);
  connection = await module.create(config(), realEnv()).connect(soon());
});

afterEach(async () => {
  await connection.close();
  await site.close();
});

describe("the building of the demo", () => {
  it("shows the plant on every device, those behind the router too", async () => {
    for (const { id } of bacnetSiteDevices) {
      const readings = await connection.read(bindings(id), soon());
      for (const [i, reading] of readings.entries()) {
        expect(isGood(reading.quality), `${bindings(id)[i]!.point}: ${reading.reason}`).toBe(true);
        const shown = plant.shown(bindings(id)[i]!.point);
        if (typeof shown === "number") expect(reading.raw).toBeCloseTo(shown, 3);
        else expect(reading.raw).toBe(shown);
      }
    }
  });

  it("is found through the BBMD, with names, units and limits", async () => {
    const found: Found[] = [];
    for await (const one of connection.browse!(soon())) found.push(one);
    const devices = new Set(found.map(({ device }) => device.id));
    expect([...devices].sort()).toEqual(["ahu-1", "vav-1", "vav-2", "vav-3", "vav-4"]);
    expect(found.find(({ device }) => device.id === "vav-3")!.device.options).toMatchObject({ instance: 2013, network: 2001, mac: "03" });
    expect(found.find(({ point }) => point?.id === "ahu-1-supply-setpoint")!.point).toMatchObject({
      address: "analog-value:1",
      unit: "Cel",
      writable: true,
      range: { min: 10, max: 28 },
    });
  });

  it("obeys a set-point and takes it back when the slot is released", async () => {
    const setpoint = binding("zone-3/setpoint");
    const before = plant.shown("zone-3/setpoint");
    await connection.act!({ do: "set", binding: setpoint, value: 23.5, priority: 8 }, soon());
    expect(plant.shown("zone-3/setpoint")).toBe(23.5);
    expect((await connection.slots!(setpoint, soon()))[7]).toBe(23.5);
    await connection.act!({ do: "release", binding: setpoint, priority: 8 }, soon());
    expect(plant.shown("zone-3/setpoint")).toBe(before);
    expect(logs.get("vav-3")!.told).toBe(2);
  });

  it("keeps the fan off for its minimum time: slot 6 holds against a higher number", async () => {
    const run = binding("ahu-1/run");
    const off = await connection.act!({ do: "set", binding: run, value: false, priority: 8 }, soon());
    expect(off.detail).toContain("slot 6");
    await connection.act!({ do: "set", binding: run, value: true, priority: 8 }, soon());
    const slots = await connection.slots!(run, soon());
    expect([slots[5], slots[7]]).toEqual([false, true]);
    expect(plant.shown("ahu-1/run")).toBe(false);
  });

  it("tells of changes, raises an alarm, takes its acknowledgement, and remembers both", async () => {
    const heard: PushedReading[] = [];
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    const subscription = await connection.subscribe!(bindings("vav-1"), (readings) => heard.push(...readings), soon());
    expect(subscription.refused).toEqual([]);
    const room = plant.airHandler.zones[0]!;
    room.celsius = 45;
    for (let i = 0; i < 900; i++) plant.tick();
    // Waits for the enrolment, which happens beside everything else.
    await until(() => (connection.health!()["events"] as { polls: number }).polls >= 5);
    site.step();
    await until(() => events.some((event) => event.data["to"] === "high-limit"));
    const alarm = events.find((event) => event.data["to"] === "high-limit")!;
    expect(alarm).toMatchObject({ device: "vav-1", point: "zone-1/temperature", type: "bacnet.event" });
    await until(() => heard.some(({ binding: of, raw }) => of.point === "zone-1/temperature" && Number(raw) > 30));
    const receipt = await connection.acknowledge!(alarm, "Ada", soon());
    expect(receipt.assurance).toBe("device");
    expect(site.devices.get("vav-1")!.device.events.acknowledgements).toMatchObject([{ by: "Ada" }]);
  });
});
