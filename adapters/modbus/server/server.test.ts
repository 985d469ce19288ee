import { connect } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import type { Command } from "#msgs/command.ts";
import type { Value } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import type { Binding, Connection } from "#src/contract/adapter.ts";
import type { Desk, Principal } from "#src/contract/control.ts";
import type { LatestValue, LatestValues } from "#src/contract/gateway.ts";
import type { GatewayError } from "#src/kit/errors.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { modbusAdapter } from "../index.ts";
import { checkServer, ModbusServer, type ServerOptions } from "./index.ts";

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close();
});

/** Newest values as plain data, in place of the timeline's. */
class Values implements LatestValues {
  private readonly values = new Map<string, LatestValue>();

  set(point: string, value: Value | null, about: Partial<LatestValue> = {}): void {
    this.values.set(point, { point, value, quality: quality.good, sourceTime: 1, at: 1, ...about });
  }

  get(point: string): LatestValue | undefined {
    return this.values.get(point);
  }

  all(): Iterable<LatestValue> {
    return this.values.values();
  }
}

/** Takes everything but what the test refuses, and remembers who asked for what. */
class NotingDesk implements Desk {
  readonly taken: { command: Command; by: Principal }[] = [];
  refuse: string | undefined;

  submit(command: Command, by: Principal): ReturnType<Desk["submit"]> {
    if (command.act.do === "set" && command.act.point === this.refuse) {
      return { status: "rejected", commandId: command.id, code: "limit", message: "above its limit" };
    }
    this.taken.push({ command, by });
    return { status: "success", commandId: command.id };
  }

  cancel(commandId: string): ReturnType<Desk["cancel"]> {
    return { status: "rejected", commandId, code: "unknown", message: "not here" };
  }

  find(): undefined {
    return undefined;
  }
}

const points: ServerOptions["points"] = [
  { point: "level", address: "holding:0:f32" },
  { point: "setpoint", address: "holding:10:s16", writable: true, gain: 0.1 },
  { point: "wide", address: "holding:20:f32:cdab", writable: true },
  { point: "pump", address: "coil:3", writable: true },
  { point: "name", address: "input:0:string:8" },
  { point: "held", address: "input:10", whenBad: "hold", qualityAt: "input:11" },
];

async function serve(
  options: Partial<ServerOptions> = {},
): Promise<{ values: Values; desk: NotingDesk; server: ModbusServer; link: Connection }> {
  const values = new Values();
  const desk = new NotingDesk();
  const all: ServerOptions = { id: "scada", port: 0, points, ...options };
  expect(checkServer(all)).toEqual([]);
  const server = new ModbusServer(all, values, realEnv());
  await server.start(undefined, desk);
  closing.push(server);
  const config = {
    id: "l",
    link: { host: "127.0.0.1", port: server.port, timeoutMs: 1000 },
    devices: [{ id: "d", options: { maxGap: 0 }, bindings: [] }],
  };
  const link = await modbusAdapter.create(config, realEnv()).connect(AbortSignal.timeout(5000));
  closing.push(link);
  return { values, desk, server, link };
}

function at(address: string, kind: Binding["kind"] = "number"): Binding {
  return { point: address, device: "d", address, kind, writable: true, pollMs: 0 };
}

const soon = () => AbortSignal.timeout(5000);
const read = async (link: Connection, address: string, kind?: Binding["kind"]) => (await link.read([at(address, kind)], soon()))[0]!;
const write = (link: Connection, address: string, value: Value) =>
  link.act!({ do: "set", binding: at(address), value, priority: 8 }, soon()).then(
    () => "taken",
    (error: unknown) => (error as GatewayError).message,
  );

describe("the Modbus server", () => {
  it("shows points where its options say, scaled and in their byte order", async () => {
    const { values, link } = await serve();
    values.set("level", 12.5);
    values.set("setpoint", 21.5);
    values.set("wide", -1.25);
    values.set("pump", true);
    values.set("name", "P-101");
    expect((await read(link, "holding:0:f32")).raw).toBe(12.5);
    expect((await read(link, "holding:10:s16")).raw).toBe(215);
    expect((await read(link, "holding:20:f32:cdab")).raw).toBe(-1.25);
    expect((await read(link, "coil:3", "boolean")).raw).toBe(true);
    expect((await read(link, "input:0:string:8", "text")).raw).toBe("P-101");
  });

  it("never shows a bad, stale or missing value as a number", async () => {
    const { values, link } = await serve();
    expect((await read(link, "holding:0:f32")).reason).toContain("exception 4");
    for (const bad of [quality.badLink, quality.uncertainStale, quality.badNoValue]) {
      values.set("level", 12.5, { quality: bad });
      expect((await read(link, "holding:0:f32")).raw).toBeNull();
    }
    values.set("setpoint", 99_999);
    expect((await read(link, "holding:10")).raw).toBeNull();
  });

  it("holds the last value where asked to, with the quality beside it", async () => {
    const { values, link } = await serve();
    values.set("held", null, { quality: quality.badLink, lastGood: { value: 7, at: 1 } });
    expect((await read(link, "input:10")).raw).toBe(7);
    expect((await read(link, "input:11")).raw).toBe(quality.badLink);
  });

  it("fills the gaps of a block with zeros and refuses a block of nothing", async () => {
    const { values, link } = await serve();
    values.set("level", 1);
    expect((await link.read([at("holding:0"), at("holding:2"), at("holding:1")], soon())).map(({ raw }) => raw)).toEqual([0x3f80, 0, 0]);
    expect((await read(link, "holding:500")).reason).toContain("exception 2");
  });

  it("hands every write to the desk, under its own name and priority", async () => {
    const { desk, link } = await serve({ priority: 12, ttlMs: 60_000 });
    expect(await write(link, "holding:10:s16", -55)).toBe("taken");
    expect(await write(link, "holding:20:f32:cdab", 3.5)).toBe("taken");
    expect(await write(link, "coil:3", true)).toBe("taken");
    expect(desk.taken.map(({ command }) => command.act)).toEqual([
      { do: "set", point: "setpoint", value: -5.5 },
      { do: "set", point: "wide", value: 3.5 },
      { do: "set", point: "pump", value: true },
    ]);
    expect(
      desk.taken.every(
        ({ by, command }) =>
          by.name === "modbus-server:scada" && by.kind === "program" && command.priority === 12 && command.ttlMs === 60_000,
      ),
    ).toBe(true);
    expect(new Set(desk.taken.map(({ command }) => command.id)).size).toBe(3);
  });

  it("tells the client when the desk refuses, and when a write is not to a whole writable value", async () => {
    const { desk, link } = await serve();
    desk.refuse = "setpoint";
    expect(await write(link, "holding:10", 1)).toContain("exception 4");
    expect(await write(link, "holding:0:f32", 1)).toContain("exception 2");
    expect(await write(link, "holding:20", 1)).toContain("exception 3");
    expect(await write(link, "holding:700", 1)).toContain("exception 2");
    expect(desk.taken).toEqual([]);
  });

  it("answers to its own unit only, when it has one", async () => {
    const { values, link } = await serve({ unit: 1 });
    values.set("level", 2);
    expect((await read(link, "holding:0:f32")).raw).toBe(2);
    const { link: other } = await serve({ unit: 9 });
    await expect(other.read([at("holding:0")], soon())).rejects.toMatchObject({ code: "timeout" });
  });

  it("turns away one client too many and addresses it does not know, and closes on what is not Modbus", async () => {
    const { server } = await serve({ maxClients: 2 });
    const ended = async (bytes?: Buffer) => {
      const socket = connect(server.port, "127.0.0.1");
      socket.on("error", () => {});
      if (bytes) socket.write(bytes);
      socket.resume();
      await once(socket, "close");
    };
    await ended(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    const second = connect(server.port, "127.0.0.1");
    await once(second, "connect");
    await ended();
    second.destroy();
    const values = new Values();
    const closed = new ModbusServer({ id: "x", port: 0, points, clients: ["10.1.2.3"] }, values, realEnv());
    await closed.start(undefined, new NotingDesk());
    closing.push(closed);
    const stranger = connect(closed.port, "127.0.0.1");
    stranger.on("error", () => {});
    stranger.resume();
    await once(stranger, "close");
  });

  it("two servers on one port: the second says so", async () => {
    const { server } = await serve();
    const second = new ModbusServer({ id: "y", port: server.port, points }, new Values(), realEnv());
    await expect(second.start(undefined, new NotingDesk())).rejects.toMatchObject({ code: "port-in-use" });
  });
});

describe("the options of the server", () => {
  it("refuses to listen where others can reach it, unless told that the network keeps them out", () => {
    const options = { id: "s", host: "0.0.0.0", points };
    expect(checkServer(options)).toMatchObject([{ path: ["host"] }]);
    expect(checkServer({ ...options, allowRemote: true })).toEqual([]);
  });

  it.each([
    [{ point: "p", address: "holding:0.3" }, ["points", 0, "address"]],
    [{ point: "p", address: "input:0", writable: true }, ["points", 0, "writable"]],
    [{ point: "p", address: "holding:0", qualityAt: "coil:0" }, ["points", 0, "qualityAt"]],
    [{ point: "p", address: "holding:0", qualityAt: "holding:0" }, ["points", 0, "qualityAt"]],
    [{ point: "p", address: "nowhere" }, ["points", 0, "address"]],
    [{ point: "p", address: "holding:0", gain: 0 }, ["points", 0, "gain"]],
  ])("finds the mistake in %j", (point, path) => {
    expect(checkServer({ id: "s", points: [point] })).toMatchObject([{ path }]);
  });

  it("finds two points on one register", () => {
    const two = [
      { point: "p", address: "holding:0:f32" },
      { point: "q", address: "holding:1" },
    ];
    expect(checkServer({ id: "s", points: two })).toMatchObject([
      { path: ["points", 1, "address"], message: "holding:1 is already taken by p" },
    ]);
  });
});
