import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Binding, Connection } from "#src/contract/adapter.ts";
import type { PointKind } from "#msgs/point.ts";
import { isGood } from "#msgs/quality.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { ModbusPeer } from "#test/contract/peers/modbus-peer.ts";
import type { LinkOptions } from "./config.ts";
import { modbusAdapter } from "./index.ts";

/** A converter that gives back what it is sent and hands it on to the line behind it. */
class EchoingConverter {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(line: number) {
    this.server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port: line, host: "127.0.0.1", noDelay: true });
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on("error", () => {});
      }
      near.on("data", (bytes) => {
        near.write(bytes);
        far.write(bytes);
      });
      far.on("data", (bytes) => near.write(bytes));
    });
  }

  async listen(): Promise<number> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

let peer: ModbusPeer;
let converter: EchoingConverter;
let port: number;
let opened: Connection | undefined;

beforeEach(async () => {
  peer = await ModbusPeer.start("rtu");
  converter = new EchoingConverter(peer.port);
  port = await converter.listen();
});
afterEach(async () => {
  await opened?.close();
  converter.close();
  await peer.close();
});

async function open(link: LinkOptions = {}): Promise<Connection> {
  const config = {
    id: "l",
    link: { transport: "rtu-over-tcp", host: "127.0.0.1", port, timeoutMs: 100, ...link } as const,
    devices: [{ id: "d", options: {}, bindings: [] }],
  };
  expect(modbusAdapter.check(config)).toEqual([]);
  return (opened = await modbusAdapter.create(config, realEnv()).connect(AbortSignal.timeout(5000)));
}

function point(address: string, kind: PointKind = "number"): Binding {
  return { point: address, device: "d", address, kind, writable: true, pollMs: 1000 };
}

const coils = Array.from({ length: 24 }, (_, at) => point(`coil:${0x300 + at}`, "boolean"));
const soon = () => AbortSignal.timeout(5000);
const set = (connection: Connection, address: string, value: number | boolean, kind: PointKind = "number") =>
  connection.act!({ do: "set", binding: point(address, kind), value, priority: 8 }, soon());

describe("a line that repeats what is sent, with nobody on it", () => {
  it("is a time-out for reads, which names the line, and is given up like any other silence", async () => {
    const connection = await open({ giveUpAfter: 3 });
    for (const bindings of [coils, [point("holding:1")], [point("holding:1")]]) {
      await expect(connection.read(bindings, soon())).rejects.toMatchObject({
        code: "timeout",
        message: expect.stringContaining("the line repeats what is sent: set echo: true") as string,
      });
    }
    expect(connection.health!()).toMatchObject({ echoes: 3, answers: 0 });
    expect(await connection.lost).toMatchObject({ code: "link-lost" });
  });

  it("does not vouch for a write: not with the option, and without it not after a read has told", async () => {
    const writes = [
      ["holding:5", 9, "number"],
      ["coil:5", true, "boolean"],
      ["holding:5.1", true, "boolean"],
      ["holding:8:u32", 70_000, "number"],
    ] as const;
    const told = await open({ echo: true });
    for (const [address, value, kind] of writes)
      await expect(set(told, address, value, kind)).rejects.toMatchObject({ code: "timeout", sent: true });
    await told.close();
    for (const first of [[point("holding:1")], coils]) {
      const learned = await open();
      await expect(learned.read(first, soon())).rejects.toMatchObject({ code: "timeout" });
      for (const [address, value, kind] of writes)
        await expect(set(learned, address, value, kind)).rejects.toMatchObject({ code: "timeout", sent: true });
      await learned.close();
    }
  }, 20_000);

  it("has no devices to be found", async () => {
    const connection = await open({ echo: true, scanUnits: "1-2", timeoutMs: 50 });
    for await (const one of connection.browse!(soon())) expect(one).toBeUndefined();
  });
});

describe("a line that repeats what is sent, with a device on it", () => {
  it.each([{ echo: true }, { echo: false }])("is read and written with %o, after a first read", async (link) => {
    const connection = await open({ ...link, timeoutMs: 1000 });
    const memory = peer.unit(1);
    memory.identity = { 0: "Acme", 1: "M3", 2: "1.2" };
    memory.holding.set([11, 22, 33], 1);
    memory.coils[0x301] = 1;
    const registers = [1, 2, 3].map((at) => point(`holding:${at}`));
    expect((await connection.read(registers, soon())).map(({ raw }) => raw)).toEqual([11, 22, 33]);
    const bits = await connection.read(coils, soon());
    expect(bits.every(({ quality }) => isGood(quality))).toBe(true);
    expect(bits.flatMap(({ raw }, at) => (raw === true ? [at] : []))).toEqual([1]);
    for (const [address, value, kind] of [
      ["holding:5", 9],
      ["holding:8:u32", 70_000],
      ["coil:5", true, "boolean"],
      ["holding:6.1", true, "boolean"],
    ] as const)
      expect(await set(connection, address, value, kind)).toEqual({ assurance: "device" });
    expect([memory.holding[5], memory.holding[9], memory.coils[5], memory.holding[6]]).toEqual([9, 70_000 & 0xffff, 1, 2]);
    const { result } = await connection.act!({ do: "call", device: "d", method: "identify", args: {} }, soon());
    expect(result).toMatchObject({ vendor: "Acme" });
    expect(connection.health!()).toMatchObject({ requests: 8, answers: 8, echoes: 8, timeouts: 0, late: 0, garbageBytes: 0 });
  });

  it("tells a refused write from its own echo", async () => {
    const connection = await open({ echo: true, timeoutMs: 1000 });
    peer.unit(1).exception = 3;
    await expect(set(connection, "holding:5", 9)).rejects.toMatchObject({ code: "device-refused" });
  });

  it("is a serial line: Modbus TCP is not asked to look for echoes", () => {
    const link = { transport: "tcp", host: "127.0.0.1", echo: true } as const;
    expect(modbusAdapter.check({ id: "l", link, devices: [] })).toEqual([
      { path: ["link", "echo"], message: expect.stringContaining("only serial lines repeat") as string },
    ]);
  });
});
