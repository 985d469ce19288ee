import { afterEach, describe, expect, it } from "vitest";
import type { AdapterModule, Binding, Connection, PushedReading } from "#src/contract/adapter.ts";
import type { Bus } from "#src/contract/bus.ts";
import type { Desk } from "#src/contract/control.ts";
import type { LatestValue, Plant } from "#src/contract/gateway.ts";
import type { Command, CommandState } from "#msgs/command.ts";
import type { Fact } from "#msgs/fact.ts";
import type { Point } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import { until } from "#test/contract/harness.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import type { DeviceOptions } from "../config.ts";
import { bacnetAdapter } from "../index.ts";
import { BacnetServer, checkServer, type ServerOptions } from "./index.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const points: readonly Partial<Point>[] = [
  { id: "meter/flow", kind: "number", unit: "L/min", title: "Flow", range: { min: 0, max: 1_500 } },
  { id: "valve/position", kind: "number", unit: "%", range: { min: 0, max: 100 }, control: {} as NonNullable<Point["control"]> },
  { id: "pump/run", kind: "boolean", states: { 0: "stopped", 1: "running" } },
];
const options: ServerOptions = {
  id: "bms",
  instance: 99,
  name: "gateway",
  listen: "127.0.0.8:0",
  points: [
    { point: "meter/flow", object: "analog-input:1", covIncrement: 5 },
    { point: "valve/position", object: "analog-value:1", writable: true },
    { point: "pump/run", object: "binary-input:1" },
  ],
};

/** A gateway as far as the server sees it: values, a bus to follow, a desk that takes what is between the limits. */
class Gateway {
  readonly latest = new Map<string, LatestValue>();
  readonly commands: { command: Command; by: string }[] = [];
  answer: CommandState = "sent";
  #follow: (fact: Fact) => void = () => undefined;
  readonly bus = { follow: (see: (fact: Fact) => void) => ((this.#follow = see), () => undefined) } as unknown as Bus;
  readonly desk = {
    submit: (command: Command, by: { name: string }) => {
      this.commands.push({ command, by: by.name });
      const { act } = command;
      if (act.do === "set" && Number(act.value) > 90)
        return { status: "rejected", commandId: command.id, code: "above-limit", message: "too much" };
      // What lies behind the gateway answers later, as it does in life.
      setTimeout(() => this.tell({ kind: "command", step: { command, state: this.answer, by: by.name } }), 20);
      return { status: "success", commandId: command.id };
    },
  } as unknown as Desk;
  readonly plant = { points: new Map(points.map((point, key) => [point.id, { ...point, key }])) } as unknown as Plant;

  show(point: string, value: number | boolean, level: number = quality.good): void {
    const at = this.latest.size;
    this.latest.set(point, { point, value, quality: level, sourceTime: at, at, ...(level < 128 && { lastGood: { value, at } }) });
    this.tell({ kind: "samples" });
  }

  tell(body: object): void {
    this.#follow({ at: 1, seq: 1, ...body } as unknown as Fact);
  }
}

async function open(more: Partial<DeviceOptions> = {}): Promise<{ gateway: Gateway; connection: Connection }> {
  const gateway = new Gateway();
  gateway.show("meter/flow", 612.5);
  gateway.show("valve/position", 40);
  gateway.show("pump/run", true);
  const server = new BacnetServer(
    options,
    () => gateway.plant,
    { get: (id) => gateway.latest.get(id), all: () => gateway.latest.values() },
    realEnv(),
  );
  await server.start(gateway.bus, gateway.desk);
  closing.push(() => server.close());
  const module: AdapterModule = bacnetAdapter;
  const config = {
    id: "l",
    link: { listen: "127.0.0.1:0", whoIs: [server.address!], timeoutMs: 500, discoverMs: 300 },
    devices: [{ id: "d", options: { instance: 99, address: server.address!, ...more }, bindings: [] }],
  };
  const connection = await module.create(config, realEnv()).connect(AbortSignal.timeout(5_000));
  closing.push(() => connection.close());
  return { gateway, connection };
}

const soon = () => AbortSignal.timeout(5_000);
const binding = (address: string, kind: Binding["kind"] = "number"): Binding => ({
  point: address,
  device: "d",
  address,
  kind,
  writable: true,
  pollMs: 0,
});

describe("the gateway as a BACnet device", () => {
  it("shows points of any protocol with names, units, texts and limits", async () => {
    const { connection } = await open();
    const found = [];
    for await (const one of connection.browse!(soon())) if (one.point) found.push(one.point);
    expect(found).toMatchObject([
      { address: "analog-input:1", unit: "L/min", title: "Flow", range: { min: 0, max: 1_500 }, writable: false },
      { address: "analog-value:1", unit: "%", writable: true },
      { address: "binary-input:1", states: { 0: "stopped", 1: "running" }, writable: false },
    ]);
    const readings = await connection.read([binding("ai:1"), binding("av:1"), binding("bi:1", "boolean")], soon());
    expect(readings.map(({ raw }) => raw)).toEqual([612.5, 40, true]);
  });

  it("never shows a bad value as a good one", async () => {
    const { gateway, connection } = await open();
    gateway.show("meter/flow", 612.5, quality.badLink);
    const [reading] = await connection.read([binding("ai:1")], soon());
    expect(reading).toMatchObject({
      quality: quality.badDevice,
      raw: null,
      reason: expect.stringContaining("communication-failure") as string,
    });
  });

  it("hands writes to the desk with their priority, shows the slots the desk holds, and passes its refusals on", async () => {
    const { gateway, connection } = await open();
    const valve = binding("av:1");
    await connection.act!({ do: "set", binding: valve, value: 70, priority: 8 }, soon());
    await connection.act!({ do: "set", binding: valve, value: 20, priority: 12 }, soon());
    expect(gateway.commands.map(({ command, by }) => [by, command.priority, command.act])).toEqual([
      ["bacnet-server:bms", 8, { do: "set", point: "valve/position", value: 70 }],
      ["bacnet-server:bms", 12, { do: "set", point: "valve/position", value: 20 }],
    ]);
    expect((await connection.slots!(valve, soon())).map((slot) => slot)).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
      null,
      70,
      null,
      null,
      null,
      20,
      null,
      null,
      null,
      null,
    ]);
    await connection.act!({ do: "release", binding: valve, priority: 8 }, soon());
    expect((await connection.slots!(valve, soon()))[7]).toBeNull();
    await expect(connection.act!({ do: "set", binding: valve, value: 95, priority: 8 }, soon())).rejects.toMatchObject({
      code: "device-refused",
    });
    await expect(connection.act!({ do: "set", binding: valve, value: 50, priority: 7 }, soon())).rejects.toThrow("write-access-denied");
    await expect(connection.act!({ do: "set", binding: binding("ai:1"), value: 50, priority: 8 }, soon())).rejects.toThrow(
      "write-access-denied",
    );
  });

  it("answers a write when the far side has answered, and with an error where it did not take it", async () => {
    const { gateway, connection } = await open();
    gateway.answer = "failed";
    await expect(connection.act!({ do: "set", binding: binding("av:1"), value: 50, priority: 8 }, soon())).rejects.toThrow(
      "operational-problem",
    );
    expect((await connection.slots!(binding("av:1"), soon()))[7]).toBeNull();
    // Nobody can say: it may have arrived, so it is not refused.
    gateway.answer = "unknown";
    await connection.act!({ do: "set", binding: binding("av:1"), value: 50, priority: 8 }, soon());
  });

  it("is not silenced and not restarted by whoever is on the network", async () => {
    const { connection } = await open({ calls: ["device-communication-control", "reinitialize"] });
    const call = (method: string, args: object) => connection.act!({ do: "call", device: "d", method, args: { ...args } }, soon());
    await expect(call("device-communication-control", { state: "disable", minutes: 1 })).rejects.toThrow("unrecognized-service");
    await expect(call("reinitialize", { kind: "coldstart" })).rejects.toThrow("unrecognized-service");
    expect((await connection.read([binding("ai:1")], soon()))[0]!.raw).toBe(612.5);
  });

  it("tells subscribers what moved far enough", async () => {
    const { gateway, connection } = await open();
    const heard: PushedReading[] = [];
    await connection.subscribe!([binding("ai:1")], (readings) => heard.push(...readings), soon());
    await until(() => heard.length === 1);
    gateway.show("meter/flow", 614);
    gateway.show("meter/flow", 620);
    await until(() => heard.length === 2);
    expect(heard.map(({ raw }) => raw)).toEqual([612.5, 620]);
  });

  it("finds what is wrong with its options, and listens beyond this machine only when told", () => {
    expect(checkServer(options)).toEqual([]);
    const wrong = checkServer({
      ...options,
      listen: "0.0.0.0:47808",
      points: [...options.points, { point: "x", object: "analog-input:1" }, { point: "y", object: "device:1" }],
    });
    expect(wrong.map(({ path }) => path.join("."))).toEqual(["listen", "points.3.object", "points.4.object"]);
  });
});
