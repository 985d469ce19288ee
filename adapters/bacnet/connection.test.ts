import { afterEach, describe, expect, it } from "vitest";
import type { AdapterModule, Binding, Connection, DeviceEvent, Found, PushedReading, Reading } from "#src/contract/adapter.ts";
import type { PointKind } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import { until } from "#test/contract/harness.ts";
import { BacnetPeer } from "#test/contract/peers/bacnet-peer.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import type { DeviceOptions, LinkOptions } from "./config.ts";
import { bacnetAdapter } from "./index.ts";
import type { BacnetDeviceOptions } from "./server/device.ts";
import { constant, withIdentity } from "./server/property.ts";
import { TrendLog } from "./server/trend-log.ts";
import { confirmed } from "./wire/services/choices.ts";
import { bits, real, text } from "./wire/value.ts";
import { PropertyIdentifier as P } from "./wire/vocabulary.ts";

const module: AdapterModule = bacnetAdapter;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const soon = () => AbortSignal.timeout(10_000);
const point = (address: string, kind: PointKind = "number"): Binding => ({ point: address, device: "d", address, kind, writable: true, pollMs: 1_000 });

async function peerOf(options: Partial<BacnetDeviceOptions> = {}): Promise<BacnetPeer> {
  const peer = await BacnetPeer.start({ instance: 7, name: "one", ...options }, "127.0.0.4");
  closing.push(() => peer.close());
  return peer;
}

async function open(peer: BacnetPeer, options: Partial<DeviceOptions> = {}, link: LinkOptions = {}): Promise<Connection> {
  const config = {
    id: "l",
    link: { listen: "127.0.0.1:0", timeoutMs: 200, retries: 2, discoverMs: 200, checkS: 1, whoIs: [peer.address], ...link },
    devices: [{ id: "d", options: { instance: 7, address: peer.address, ...options }, bindings: [] }],
  };
  expect(module.check(config)).toEqual([]);
  const connection = await module.create(config, realEnv()).connect(soon());
  closing.push(() => connection.close());
  return connection;
}

const many = (peer: BacnetPeer, count: number) => {
  for (let i = 1; i <= count; i++) peer.add(`analog-input:${i}`, i);
  return Array.from({ length: count }, (_, i) => point(`analog-input:${i + 1}`));
};
const values = (readings: readonly Reading[]) => readings.map(({ raw }) => raw);
const oneTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("reading is sized to the device", () => {
  it("a device that knows no multiple read is asked property by property, and not asked twice to find out", async () => {
    const peer = await peerOf({ without: [confirmed.readPropertyMultiple] });
    const connection = await open(peer);
    const points = many(peer, 30);
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(30));
    const before = peer.device.requests;
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(30));
    expect(peer.device.requests - before).toBe(60);
  });

  it("fifty octets at a time are enough", async () => {
    const peer = await peerOf({ maxApdu: 50, segmentation: 3 });
    const connection = await open(peer);
    expect(values(await connection.read(many(peer, 40), soon()))).toEqual(oneTo(40));
  });

  it("what was aborted as too long is asked in smaller pieces, and the next time at once", async () => {
    // Claims to take 1476 octets and sends 206, as gateways to MS/TP do.
    const peer = await peerOf({ maxApdu: 1476, segmentation: 3, sendsApdu: 206 });
    const connection = await open(peer);
    await connection.read([point("device:7/object-name", "text")], soon());
    const points = many(peer, 60);
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(60));
    const first = peer.device.requests;
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(60));
    expect(peer.device.requests - first).toBeLessThan(first);
  });

  it("a device that freezes at long questions, without a word, is found out by a short one", async () => {
    const peer = await peerOf();
    const connection = await open(peer);
    const points = many(peer, 40);
    peer.device.application.network.listen(choking(peer, 300));
    expect((await connection.read(points.slice(0, 1), soon()))[0]!.raw).toBe(1);
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(40));
  });

  it("status flags, reliability and being out of service decide the quality", async () => {
    const peer = await peerOf();
    peer.add("analog-input:1", 20, { reliability: () => 4 });
    peer.add("analog-input:2", 20, { outOfService: () => true });
    peer.add("analog-input:3", 20, { overridden: () => true });
    peer.add("analog-input:4", Number.NaN);
    const connection = await open(peer);
    const readings = await connection.read([1, 2, 3, 4].map((i) => point(`ai:${i}`)), soon());
    expect(readings.map(({ quality: q }) => q)).toEqual([quality.badDevice, quality.uncertain, quality.goodForced, quality.badDevice]);
    expect(readings[0]).toMatchObject({ raw: null, reason: expect.stringContaining("open-loop") as string });
  });

  it("arrays, lists, proprietary objects and properties come as text", async () => {
    const peer = await peerOf();
    const id = { type: 300, instance: 4 };
    peer.device.add({ id, name: "secret", properties: withIdentity(id, "secret", [[P.PRESENT_VALUE, constant(real(1), text("x"))], [1234, constant(bits(true, false))]]) });
    const connection = await open(peer);
    const readings = await connection.read([point("300:4", "text"), point("300:4/1234", "text"), point("300:4"), point("device:7/object-list", "text")], soon());
    expect(values(readings)).toEqual(['[1,"x"]', "10", null, '["device:7","notification-class:1","300:4"]']);
  });
});

describe("discovery", () => {
  const all = async (connection: Connection) => {
    const found: Found[] = [];
    for await (const one of connection.browse!(soon())) found.push(one);
    return found;
  };

  it("reads an object list of thousands in segments, or in pieces where the device sends none", async () => {
    for (const segmentation of [0, 3]) {
      const peer = await peerOf({ segmentation, maxApdu: 480 });
      many(peer, 2_000);
      const found = await all(await open(peer));
      expect(found.filter((one) => one.point).length).toBe(2_000);
    }
  });

  it("believes what a device does and not what it claims about segments", async () => {
    const peer = await peerOf({ segmentation: 0, sendsSegments: false, maxApdu: 480 });
    many(peer, 300);
    expect((await all(await open(peer))).filter((one) => one.point).length).toBe(300);
  });

  it("a device that answers twice, and a flood of others, is one device", async () => {
    const peer = await peerOf();
    peer.add("multi-state-value:1", 2, { name: "Betriebsart Lüftung", stateTexts: ["aus", "ein"], description: "mode" });
    const connection = await open(peer);
    const browsing = all(connection);
    for (let i = 0; i < 200; i++) peer.device.announce({ via: connectionAddress(connection), key: connectionAddress(connection) });
    const found = await browsing;
    expect(found.filter((one) => !one.point).length).toBe(1);
    expect(found.find((one) => one.point)!.point).toMatchObject({ id: "betriebsart-luftung", title: "mode", kind: "state", states: { 1: "aus", 2: "ein" } });
  });
});

describe("listening", () => {
  it("subscribes again when the device has restarted, and says that it has", async () => {
    const peer = await peerOf();
    peer.add("analog-input:1", 1);
    const connection = await open(peer);
    const heard: PushedReading[] = [];
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    await connection.subscribe!([point("ai:1")], (readings) => heard.push(...readings), soon());
    await until(() => heard.length === 1);
    // The first look remembers when the device was started.
    await until(() => peer.device.requests >= 4);
    peer.device.restart();
    expect(peer.device.cov.size).toBe(0);
    await until(() => peer.device.cov.size === 1, 8_000);
    peer.set("analog-input:1", 2);
    await until(() => heard.at(-1)!.raw === 2);
    await until(() => events.some((event) => event.type === "bacnet.restarted"));
  });

  it("a device that dies makes what it said bad, and good again when it is back", async () => {
    const peer = await peerOf();
    peer.add("analog-input:1", 1);
    const connection = await open(peer);
    const heard: PushedReading[] = [];
    await connection.subscribe!([point("ai:1")], (readings) => heard.push(...readings), soon());
    await until(() => heard.length === 1);
    peer.behave("frozen");
    await until(() => heard.at(-1)!.quality === quality.badLink, 8_000);
    peer.behave("well");
    await until(() => heard.at(-1)!.quality === quality.good, 8_000);
  });

  it("confirmed or not, by increment where it is asked for, and refused where the device knows it not", async () => {
    const peer = await peerOf({ without: [confirmed.subscribeCov] });
    peer.add("analog-value:1", 10);
    const connection = await open(peer, { cov: "confirmed" });
    const heard: PushedReading[] = [];
    const subscription = await connection.subscribe!([point("av:1;cov=2"), point("av:1")], (readings) => heard.push(...readings), soon());
    expect(subscription.refused.map(({ address }) => address)).toEqual(["av:1"]);
    await until(() => heard.length === 1);
    for (const value of [11, 12.5, 13, 20]) peer.set("analog-value:1", value);
    await until(() => heard.length === 3);
    expect(values(heard)).toEqual([10, 12.5, 20]);
    expect(peer.device.application.requester.waiting).toBe(0);
  });
});

describe("commands", () => {
  it("leave the slots that buildings reserve alone, unless the site says otherwise", async () => {
    const peer = await peerOf();
    peer.addCommandable("binary-output:1", false);
    const connection = await open(peer, { reservedPriorities: [5] });
    const set = (priority: number) => connection.act!({ do: "set", binding: point("bo:1", "boolean"), value: true, priority }, soon());
    for (const priority of [1, 2, 6]) await expect(set(priority)).rejects.toMatchObject({ code: "not-authorised", sent: false });
    await set(5);
    expect((await connection.slots!(point("bo:1", "boolean"), soon()))[4]).toBe(true);
    expect(peer.writes).toMatchObject([{ values: [1], priority: 5 }]);
  });

  it("schedules and calendars are written as they are read", async () => {
    const peer = await peerOf();
    const held = new Map<number, readonly import("./wire/value.ts").BacnetValue[]>();
    const keep = (property: number) => [property, { read: () => held.get(property) ?? [], write: (v: readonly import("./wire/value.ts").BacnetValue[]) => void held.set(property, v) }] as const;
    const id = { type: 17, instance: 1 };
    peer.device.add({ id, name: "week", properties: withIdentity(id, "week", [keep(P.WEEKLY_SCHEDULE), keep(P.EXCEPTION_SCHEDULE), keep(P.EFFECTIVE_PERIOD), keep(P.SCHEDULE_DEFAULT)]) });
    const connection = await open(peer);
    const call = (method: string, args: Record<string, unknown>) => connection.act!({ do: "call", device: "d", method, args }, soon());
    const weekly = [[{ time: "06:30", value: 21, as: "real" }, { time: "19:00", value: null }], [], [], [], [], [], []];
    const exceptions = [
      { period: { date: "*-12-24" }, times: [{ time: "00:00", value: 1, as: "enumerated" }], priority: 3 },
      { period: { from: "2026-12-24", to: "2027-01-06" }, times: [], priority: 10 },
      { period: { month: 13, week: 6, weekday: 5 }, times: [], priority: 16 },
      { period: { calendar: "calendar:2" }, times: [], priority: 1 },
    ];
    const effective = { from: "2026-01-01", to: "*-*-*" };
    await call("write-schedule", { object: "schedule:1", weekly, exceptions, effective, default: 17 });
    expect((await call("read-schedule", { object: "schedule:1" })).result).toMatchObject({ weekly, exceptions, effective, default: 17 });
    const [reading] = await connection.read([point("schedule:1/weekly-schedule", "text")], soon());
    expect(JSON.parse(String(reading!.raw))).toEqual(weekly);
    await expect(call("write-schedule", { object: "schedule:1", weekly: [[{ time: "25:00", value: 1 }], [], [], [], [], [], []] })).rejects.toThrow("25:00");
  });

  it("silencing and restarting a device must be named in the site file, and silence must have an end", async () => {
    const peer = await peerOf({ password: "sesame" });
    const call = (connection: Connection, method: string, args: Record<string, unknown>) => connection.act!({ do: "call", device: "d", method, args }, soon());
    await expect(call(await open(peer), "reinitialize", { kind: "warmstart" })).rejects.toMatchObject({ code: "not-supported", sent: false });
    process.env["PLAINVIEW_TEST_PASSWORD"] = "sesame";
    const connection = await open(peer, { calls: ["reinitialize", "device-communication-control"], passwordEnv: "PLAINVIEW_TEST_PASSWORD" });
    await expect(call(connection, "device-communication-control", { state: "disable" })).rejects.toThrow("end");
    await call(connection, "device-communication-control", { state: "disable", minutes: 1 });
    await expect(connection.read([point("device:7/object-name", "text")], soon())).rejects.toMatchObject({ code: "timeout" });
    await call(connection, "reinitialize", { kind: "warmstart" });
    expect(values(await connection.read([point("device:7/object-name", "text")], soon()))).toEqual(["one"]);
    delete process.env["PLAINVIEW_TEST_PASSWORD"];
    await expect(call(connection, "reinitialize", { kind: "warmstart" })).rejects.toMatchObject({ code: "not-authorised" });
  });
});

describe("what the device recorded", () => {
  const pages = async (connection: Connection, token: string | undefined, address = "ai:1;log=trend-log:1") => {
    const readings: Reading[] = [];
    let last = token;
    for await (const page of connection.history!(point(address), token, soon())) {
      readings.push(...page.readings);
      last = page.token;
    }
    return { readings, token: last };
  };
  const logOf = (peer: BacnetPeer, capacity: number) => {
    const log = new TrendLog({ id: { type: 20, instance: 1 }, name: "log", logs: [{ object: { type: 0, instance: 1 }, property: 85 }], capacity, zone: { utcOffsetMinutes: 0 } });
    peer.device.add(log);
    let at = 1_700_000_000_000_000;
    return (count: number, from: number) => {
      for (let i = 0; i < count; i++) log.write((at += 1_000_000), { kind: "value", value: real(from + i) });
      return log;
    };
  };

  it("is read once, goes on where it stopped, and a ring that turned too far is a hole that says so", async () => {
    const peer = await peerOf();
    const write = logOf(peer, 500);
    write(130, 0);
    const connection = await open(peer);
    const first = await pages(connection, undefined);
    expect(values(first.readings)).toEqual(oneTo(130).map((i) => i - 1));
    expect(await pages(connection, first.token)).toEqual({ readings: [], token: first.token });
    write(10, 130);
    const second = await pages(connection, first.token);
    expect(values(second.readings)).toEqual(oneTo(10).map((i) => 129 + i));
    write(700, 140);
    const third = await pages(connection, second.token);
    expect(third.readings[0]).toMatchObject({ raw: null, quality: quality.badNoValue, reason: "200 records were overwritten before they were read" });
    expect(values(third.readings.slice(1))).toEqual(oneTo(500).map((i) => 339 + i));
    write(0, 0).purge();
    write(3, 9_000);
    const fourth = await pages(connection, third.token);
    expect(values(fourth.readings)).toEqual([null, 9_000, 9_001, 9_002]);
  });

  it("comes from a log of several by the member, and from one that knows only positions", async () => {
    const peer = await peerOf();
    const old = new TrendLog({ id: { type: 20, instance: 2 }, name: "old", logs: [], capacity: 40, zone: { utcOffsetMinutes: 0 }, onlyPositions: true });
    peer.device.add(old);
    for (let i = 0; i < 90; i++) old.write(1_700_000_000_000_000 + i * 1_000_000, { kind: "value", value: real(i) });
    const log = new TrendLog({ id: { type: 27, instance: 1 }, name: "several", logs: [], capacity: 100, zone: { utcOffsetMinutes: 0 } });
    peer.device.add(log);
    for (let i = 0; i < 50; i++) log.write(1_700_000_000_000_000 + i * 1_000_000, { kind: "value", value: real(i) }, { kind: "value", value: real(-i) });
    const connection = await open(peer);
    const { readings } = await pages(connection, undefined, "ai:1;log=trend-log-multiple:1[2]");
    expect(values(readings)).toEqual(oneTo(50).map((i) => (i === 1 ? -0 : 1 - i)));
    expect(values((await pages(connection, undefined, "ai:1;log=trend-log:2")).readings)).toEqual(oneTo(40).map((i) => 49 + i));
  });
});

describe("events", () => {
  it("that stood before we came are told when the device is asked, once", async () => {
    const peer = await peerOf();
    peer.add("analog-input:1", 99);
    for (let i = 1; i <= 25; i++) peer.device.events.raise({ object: { type: 0, instance: i }, to: 3, eventType: 5 }, 1_700_000_000_000_000 + i * 1_000_000);
    const connection = await open(peer, { eventPollS: 1 });
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    await until(() => (connection.health!()["events"] as { polls: number }).polls >= 2, 8_000);
    expect(events.length).toBe(25);
    expect(new Set(events.map(({ id }) => id)).size).toBe(25);
    expect(events[0]).toMatchObject({ device: "d", type: "bacnet.event", sourceTime: 1_700_000_001_000_000, data: { to: "high-limit", unacknowledged: ["offnormal"] } });
    await connection.acknowledge!(events[0]!, "Ada", soon());
    expect(peer.device.events.acknowledgements).toEqual([{ object: { type: 0, instance: 1 }, by: "Ada" }]);
  });
});

function connectionAddress(connection: Connection): string {
  return (connection.health!()["link"] as { address: string }).address;
}

/** A receiver that drops long messages, as an implementation with a small buffer does. */
function choking(peer: BacnetPeer, most: number) {
  const receive = peer.device.application.receive;
  return (apdu: Buffer, from: Parameters<typeof receive>[1]) => void (apdu.length <= most && receive(apdu, from));
}
