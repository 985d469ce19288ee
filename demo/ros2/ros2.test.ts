import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ros2Adapter } from "#adapters/ros2/index.ts";
import type { AdapterConfig, AdapterModule, Binding, Connection, PushedReading } from "#src/contract/adapter.ts";
import { isBad, isGood } from "#msgs/quality.ts";
import { until } from "#test/contract/harness.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { DeviceLog } from "../log/device-log.ts";
import { Plant } from "../model/plant.ts";
import { ros2Link, ros2SiteDevices } from "./adapter-config.ts";
import { startRos2Site, type Ros2Site } from "./start.ts";

const module: AdapterModule = ros2Adapter;
const logs = new Map<string, DeviceLog>();
const off = new Set<string>();
const soon = () => AbortSignal.timeout(8_000);
let plant: Plant;
let site: Ros2Site;
let connection: Connection;
let clock: NodeJS.Timeout;

const config = (): AdapterConfig => ({
  id: "robots",
  link: { ...ros2Link(site.domain), timeoutMs: 1_500 },
  devices: ros2SiteDevices.map(({ id, options, points }) => ({
    id,
    options,
    bindings: points.map(({ id: point, address, kind }): Binding => ({ point, device: id, address, kind, writable: false, pollMs: 0 })),
  })),
});
const bindings = (device: string) => config().devices.find(({ id }) => id === device)!.bindings;

beforeEach(async () => {
  plant = new Plant(7);
  logs.clear();
  off.clear();
  const logOf = (device: string) => {
    const log = new DeviceLog(device, () => 0, null);
    logs.set(device, log);
    return log;
  };
  site = await startRos2Site({ robots: plant.robots, logOf, isOff: (device) => off.has(device) });
  clock = setInterval(() => {
    plant.advance(20);
    site.step();
  }, 20);
  expect(module.check(config())).toEqual([]);
  connection = await module.create(config(), realEnv()).connect(soon());
});

afterEach(async () => {
  clearInterval(clock);
  await connection.close();
  await site.close();
});

describe("the robots of the demo", () => {
  it("tell where they are, both at once, with a good quality", async () => {
    for (const { id } of ros2SiteDevices) {
      const readings = await connection.read(bindings(id), soon());
      expect(
        readings.every(({ quality }) => isGood(quality)),
        JSON.stringify(readings),
      ).toBe(true);
      expect(readings[3]!.raw).toBeCloseTo(Number(plant.quantities.get(`${id}/battery`)!.read()), 0);
    }
    const nodes = () => connection.health!()["nodes"] as { name: string; device?: string }[];
    await until(() => nodes().length === 2);
    expect(
      nodes()
        .map(({ name, device }) => [name, device])
        .sort(),
    ).toEqual([
      ["/rigsight_01", "rigsight-01"],
      ["/roustabout_01", "roustabout-01"],
    ]);
  });

  it("hold, resume and go where they are sent, and say no in words", async () => {
    const call = (method: string, args = {}) => connection.act!({ do: "call", device: "roustabout-01", method, args }, soon());
    const robot = plant.robots.find(({ shape }) => shape.name === "roustabout-01")!;
    await connection.read(bindings("roustabout-01"), soon());
    expect(await call("hold")).toEqual({ assurance: "device" });
    expect(robot.mode).toBe(1);
    expect(await call("resume")).toEqual({ assurance: "device" });
    expect(robot.mode).toBe(0);
    const { latitude, longitude } = robot;
    expect(await call("goto", { latitude, longitude })).toMatchObject({ assurance: "device" });
    await expect(call("goto", { latitude: 0, longitude: 0 })).rejects.toMatchObject({
      code: "device-refused",
      message: expect.stringContaining("2000 m from the dock") as string,
    });
    expect(logs.get("roustabout-01")!.counters()).toMatchObject({ told: 4, refused: 1 });
  });

  it("a robot whose power is cut is bad within its lease and found again", async () => {
    const heard: PushedReading[] = [];
    await connection.subscribe!(bindings("rigsight-01"), (readings) => heard.push(...readings), soon());
    await until(() => heard.some(({ quality }) => isGood(quality)));
    off.add("rigsight-01");
    await until(() => isBad(heard.at(-1)!.quality), 8_000);
    off.delete("rigsight-01");
    await until(() => isGood(heard.at(-1)!.quality), 8_000);
  });
});
