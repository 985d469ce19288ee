import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Binding, Connection } from "#src/contract/adapter.ts";
import type { PointKind } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { ModbusPeer } from "#test/contract/peers/modbus-peer.ts";
import type { DeviceOptions, LinkOptions } from "./config.ts";
import { modbusAdapter } from "./index.ts";

let peer: ModbusPeer;
const opened: Connection[] = [];

beforeEach(async () => {
  peer = await ModbusPeer.start();
  peer.unit(1);
});
afterEach(async () => {
  for (const connection of opened.splice(0)) await connection.close();
  await peer.close();
});

function point(address: string, device = "d", kind: PointKind = "number"): Binding {
  return { point: `${device}/${address}`, device, address, kind, writable: true, pollMs: 1000 };
}

async function open(
  options: DeviceOptions = {},
  link: LinkOptions = {},
  more: Readonly<Record<string, DeviceOptions>> = {},
): Promise<Connection> {
  const devices = Object.entries({ d: options, ...more }).map(([id, deviceOptions]) => ({ id, options: deviceOptions, bindings: [] }));
  const config = { id: "l", link: { host: "127.0.0.1", port: peer.port, timeoutMs: 1000, ...link }, devices };
  expect(modbusAdapter.check(config)).toEqual([]);
  const connection = await modbusAdapter.create(config, realEnv()).connect(AbortSignal.timeout(5000));
  opened.push(connection);
  return connection;
}

const soon = () => AbortSignal.timeout(5000);

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}

describe("a read that somebody waits for", () => {
  it("goes before what is queued of a poll, of the same unit and of others", async () => {
    peer.unit(2);
    const connection = await open({ unit: 1, maxRegisters: 1, maxGap: 0 }, { inFlight: 1 }, { e: { unit: 2, maxRegisters: 1, maxGap: 0 } });
    const order: string[] = [];
    const poll = (device: string) => connection.read(Array.from({ length: 200 }, (_, at) => point(`holding:${2 * at}`, device)), soon()); // prettier-ignore
    const done = (what: string) => () => void order.push(what);
    const polls = [poll("d").then(done("poll")), poll("e").then(done("poll"))];
    await connection.read([point("holding:9")], soon(), true).then(done("awaited"));
    await Promise.all(polls);
    expect(order).toEqual(["awaited", "poll", "poll"]);
  });
});

describe("a changed configuration", () => {
  it("is taken over by the open connection: another unit for a device, and a new device", async () => {
    peer.unit(1).holding[0] = 11;
    peer.unit(2).holding[0] = 22;
    const connection = await open({ unit: 1 });
    const read = async (device: string) => (await connection.read([point("holding:0", device)], soon()))[0]!.raw;
    expect(await read("d")).toBe(11);
    const devices = ["d", "e"].map((id, index) => ({ id, options: { unit: 2 - index }, bindings: [] }));
    expect(connection.reconfigure!({ id: "l", link: {}, devices })).toBe(true);
    expect([await read("d"), await read("e")]).toEqual([22, 11]);
  });
});

describe("a changed configuration while the link stays open", () => {
  const changed = (connection: Connection, devices: Readonly<Record<string, DeviceOptions>>) =>
    connection.reconfigure!({
      id: "l",
      link: {},
      devices: Object.entries(devices).map(([id, options]) => ({ id, options, bindings: [] })),
    });

  it.each([
    [1, 8],
    [8, 2],
  ])("lets as many requests of a unit be under way as it says now: first %i, then %i", async (first, then) => {
    const connection = await open({ inFlight: first });
    peer.behave({ slowMs: 20 });
    const most = async () => {
      const { heard } = peer.unit(1);
      let owed = 0;
      let answered = heard.length;
      peer.spoil = (frame) => {
        owed = Math.max(owed, heard.length - answered++);
        return frame;
      };
      await Promise.all(Array.from({ length: 16 }, (_, at) => connection.read([point(`holding:${at * 500}`)], soon())));
      return owed;
    };
    expect(await most()).toBe(first);
    changed(connection, { d: { inFlight: then } });
    expect(await most()).toBe(then);
  });

  it("gives up a link on which everybody left is silent, whoever answered before leaving", async () => {
    peer.unit(2);
    const connection = await open({ unit: 1 }, { timeoutMs: 100, giveUpAfter: 3 }, { e: { unit: 2 } });
    await connection.read([point("holding:0")], soon());
    await connection.read([point("holding:0", "e")], soon());
    changed(connection, { d: { unit: 1 } });
    peer.behave("frozen");
    for (let round = 0; round < 3; round++) await failure(connection.read([point("holding:0")], soon()));
    expect(await Promise.race([connection.lost, new Promise((resolve) => setTimeout(resolve, 1000))])).toMatchObject({ code: "link-lost" });
  });
});

describe("exceptions", () => {
  it.each([
    [1, quality.badConfig, "not-supported"],
    [2, quality.badConfig, "bad-address"],
    [3, quality.badConfig, "device-refused"],
    [4, quality.badDevice, "device-refused"],
    [5, quality.badDevice, undefined],
    [6, quality.badDevice, "busy"],
    [8, quality.badDevice, "device-refused"],
    [99, quality.badDevice, "device-refused"],
  ])("%i is a bad reading with its own quality, and a write error with its own code", async (number, bad, code) => {
    const connection = await open();
    peer.unit(1).exception = number;
    const [reading] = await connection.read([point("holding:1")], soon());
    expect(reading).toMatchObject({ raw: null, quality: bad, reason: expect.stringContaining(`exception ${number}`) as string });
    const act = () => connection.act!({ do: "set", binding: point("holding:1"), value: 1, priority: 8 }, soon());
    // It says that it has taken the request and is at it; the plant will show whether it did it.
    if (code === undefined) expect(await act()).toEqual({ assurance: "device", detail: "exception 5, acknowledged, still working" });
    else expect(await failure(act())).toMatchObject({ code, sent: true, canRetry: code === "busy" });
  });

  it.each([
    [10, "busy"],
    [11, "timeout"],
  ])("%i comes from a gateway that does not reach the device: the device as a whole does not answer", async (number, code) => {
    const connection = await open();
    peer.unit(1).exception = number;
    expect((await failure(connection.read([point("holding:1"), point("coil:1")], soon()))).code).toBe(code);
  });
});

describe("reading around what a device does not have", () => {
  const bindings = Array.from({ length: 60 }, (_, at) => point(`holding:${at}`));

  it("finds the one missing register by asking less and less, and asks so from then on", async () => {
    const connection = await open();
    const memory = peer.unit(1);
    memory.holes.add(37);
    const readings = await connection.read(bindings, soon());
    expect(readings.flatMap(({ raw }, at) => (raw === null ? [at] : []))).toEqual([37]);
    const first = memory.heard.length;
    expect(first).toBeLessThanOrEqual(14);
    await connection.read(bindings, soon());
    expect(memory.heard.length - first).toBeLessThanOrEqual(8);
  });

  it("goes around a hole between wanted registers without giving up any of them", async () => {
    const connection = await open();
    peer.unit(1).holes.add(5);
    peer.unit(1).holding.set([11, 22], 4);
    peer.unit(1).holding.set([33], 6);
    const readings = await connection.read([point("holding:4"), point("holding:6")], soon());
    expect(readings.map(({ raw }) => raw)).toEqual([11, 33]);
  });

  it("does not learn from a device that refuses everything: next time it asks the whole again", async () => {
    const connection = await open();
    const memory = peer.unit(1);
    memory.exception = 4;
    await connection.read(bindings, soon());
    memory.exception = undefined;
    const before = memory.heard.length;
    const readings = await connection.read(bindings, soon());
    expect(readings.every(({ raw }) => raw === 0)).toBe(true);
    expect(memory.heard.length - before).toBe(1);
  });
});

describe("several units behind one link", () => {
  it("with one request at a time, a dead unit costs the living no more than its own time-out now and then", async () => {
    peer.dead.add(9);
    const connection = await open({ unit: 1 }, { inFlight: 1 }, { dead: { unit: 9, timeoutMs: 100 } });
    peer.unit(1).holding[0] = 5;
    const dead = failure(connection.read([point("holding:0", "dead"), point("coil:5", "dead", "boolean")], soon()));
    const [reading] = await connection.read([point("holding:0")], soon());
    expect(reading!.raw).toBe(5);
    expect((await dead).code).toBe("timeout");
  });

  it("with several at a time, ten dead units together leave room for the living", async () => {
    const dead = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`dead${index}`, { unit: 100 + index, timeoutMs: 400 }]));
    const connection = await open({ unit: 1 }, { inFlight: 8, giveUpAfter: 1000 }, dead);
    peer.unit(1).holding[0] = 5;
    const askDead = () => Object.keys(dead).map((id) => failure(connection.read([point("holding:0", id)], soon())));
    await Promise.all(askDead());
    const again = askDead();
    let over = false;
    void Promise.all(again).then(() => (over = true));
    let rounds = 0;
    while (!over && rounds < 50) {
      await connection.read([point("holding:0")], soon());
      rounds++;
    }
    expect(over).toBe(false);
    expect(rounds).toBe(50);
    await Promise.all(again);
  });

  it("a link on which everybody fell silent is given up", async () => {
    const connection = await open({ unit: 1 }, { timeoutMs: 200, giveUpAfter: 3 });
    await connection.read([point("holding:0")], soon());
    peer.behave("frozen");
    for (let round = 0; round < 3; round++) await failure(connection.read([point("holding:0")], soon()));
    expect(await connection.lost).toMatchObject({ code: "link-lost" });
  });

  it("a link that is hung up names who was being asked", async () => {
    const connection = await open({ unit: 1 });
    await connection.read([point("holding:0")], soon());
    peer.behave("frozen");
    const reading = failure(connection.read([point("holding:40"), point("holding:41")], soon()));
    await new Promise((resolve) => setTimeout(resolve, 50));
    peer.cut();
    const { message } = await connection.lost;
    expect(message).toContain("while it owed answers of unit 1 (function 3, from 40)");
    expect(await reading).toMatchObject({ code: "link-lost", message });
  });

  it("a dead unit asked again and again does not bring down a link whose other unit answers", async () => {
    peer.dead.add(9);
    const connection = await open({ unit: 1 }, { giveUpAfter: 3 }, { dead: { unit: 9, timeoutMs: 30 } });
    await connection.read([point("holding:0")], soon());
    for (let round = 0; round < 6; round++) await failure(connection.read([point("holding:0", "dead")], soon()));
    expect((await connection.read([point("holding:0")], soon()))[0]!.raw).toBe(0);
  });
});

describe("writing", () => {
  const set = (address: string, value: number | boolean, kind: PointKind = "number") =>
    ({ do: "set", binding: point(address, "d", kind), value, priority: 8 }) as const;

  it("sends a value of several registers in one request", async () => {
    const connection = await open();
    await connection.act!(set("holding:10:f64", Math.PI), soon());
    const { heard } = peer.unit(1);
    expect(heard.map((pdu) => pdu[0])).toEqual([16]);
    expect(heard[0]!.readDoubleBE(6)).toBe(Math.PI);
  });

  it("changes one bit in the device and leaves its neighbours as they are at that moment", async () => {
    const connection = await open();
    peer.unit(1).holding[3] = 0b1010;
    await connection.act!(set("holding:3.0", true, "boolean"), soon());
    await connection.act!(set("holding:3.3", false, "boolean"), soon());
    expect(peer.unit(1).holding[3]).toBe(0b0011);
    expect(peer.unit(1).heard.every((pdu) => pdu[0] === 22)).toBe(true);
  });

  it("does not fall back to reading and writing back when the device has no mask", async () => {
    const connection = await open();
    peer.unit(1).unknownFunctions.add(22);
    expect((await failure(connection.act!(set("holding:3.0", true, "boolean"), soon()))).code).toBe("not-supported");
    expect(peer.unit(1).heard).toHaveLength(1);
  });

  it("what does not fit is refused before it is sent", async () => {
    const connection = await open();
    for (const act of [set("holding:1", 70_000), set("coil:1", 2), set("input:1", 1)]) {
      expect(await failure(connection.act!(act, soon()))).toMatchObject({ code: "not-supported", sent: false });
    }
    expect(peer.unit(1).heard).toHaveLength(0);
  });

  it("overtakes reads that are waiting", async () => {
    const connection = await open({ maxGap: 0 }, { inFlight: 1 });
    const reads = connection.read(
      Array.from({ length: 50 }, (_, at) => point(`holding:${at * 2}`)),
      soon(),
    );
    await connection.act!(set("holding:1", 7), soon());
    await reads;
    expect(peer.unit(1).heard.findIndex((pdu) => pdu[0] === 6)).toBeLessThanOrEqual(2);
  });

  it("raw writes are calls that the device's options must name", async () => {
    const call = { do: "call", device: "d", method: "write-registers", args: { at: 5, values: [1, 2] } } as const;
    expect(await failure((await open()).act!(call, soon()))).toMatchObject({ code: "not-supported", sent: false });
    const allowed = await open({ calls: ["write-registers", "write-coils", "read-write-registers"] });
    await allowed.act!(call, soon());
    await allowed.act!({ ...call, method: "write-coils", args: { at: 0, values: [true, false, true] } }, soon());
    const receipt = await allowed.act!(
      { ...call, method: "read-write-registers", args: { readAt: 5, readCount: 3, writeAt: 7, values: [9] } },
      soon(),
    );
    expect(receipt).toEqual({ assurance: "device", result: { values: [1, 2, 9] } });
    expect([...peer.unit(1).coils.subarray(0, 3)]).toEqual([1, 0, 1]);
  });

  it("a broadcast on RTU is vouched for by nobody and can be read by nobody", async () => {
    const rtu = await ModbusPeer.start("rtu");
    const connection = await open({ unit: 0 }, { transport: "rtu-over-tcp", port: rtu.port });
    const everybody = rtu.unit(0);
    expect((await connection.act!(set("holding:1", 7), soon())).assurance).toBe("none");
    expect((await failure(connection.read([point("holding:1")], soon()))).code).toBe("not-supported");
    expect(everybody.heard.length).toBeLessThanOrEqual(1);
    await connection.close();
    await rtu.close();
  });
});

describe("finding devices", () => {
  it("tells who is there, and what they say about themselves, over several pages", async () => {
    peer.units.clear();
    peer.unit(2).identity = { 0: "Acme", 1: "M3", 2: "1.2", 4: "Meter", 5: "M3-xl" };
    peer.unit(4);
    const connection = await open({ unit: 2 }, { timeoutMs: 250, scanUnits: "1-6" });
    const found = [];
    for await (const one of connection.browse!(soon())) found.push(one.device);
    expect(found).toEqual([
      { id: "unit-2", title: "Acme M3 1.2", options: { unit: 2 } },
      { id: "unit-4", options: { unit: 4 } },
    ]);
    expect((await connection.act!({ do: "call", device: "d", method: "identify", args: {} }, soon())).result).toEqual({
      vendor: "Acme",
      product: "M3",
      revision: "1.2",
      productName: "Meter",
      model: "M3-xl",
    });
  });

  it("a device that answers to every unit id is found once", async () => {
    for (const unit of [1, 2, 3, 245, 246, 247]) peer.unit(unit).identity = { 0: "Acme", 1: "solo", 2: "1" };
    const connection = await open({ unit: 1 }, { scanUnits: "1-3" });
    const found = [];
    for await (const one of connection.browse!(soon())) found.push(one.device.title);
    expect(found).toEqual(["Acme solo 1 (answers to every unit id)"]);
  });
});
