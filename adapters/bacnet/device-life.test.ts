import { describe, expect, it } from "vitest";
import type { Connection, DeviceEvent, PushedReading, Reading } from "#src/contract/adapter.ts";
import { quality } from "#msgs/quality.ts";
import { until } from "#test/contract/harness.ts";
import { openLink as open, peerOf, point, soon } from "#test/contract/peers/bacnet-link.ts";
import type { BacnetPeer } from "#test/contract/peers/bacnet-peer.ts";
import { withIdentity } from "./server/property.ts";
import { TrendLog } from "./server/trend-log.ts";
import { confirmed } from "./wire/services/choices.ts";
import { real, type BacnetValue } from "./wire/value.ts";
import { PropertyIdentifier as P } from "./wire/vocabulary.ts";

const values = (readings: readonly Reading[]) => readings.map(({ raw }) => raw);
const oneTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

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
    await until(() => peer.device.application.requester.waiting === 0);
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
    const held = new Map<number, readonly BacnetValue[]>();
    const keep = (property: number) =>
      [property, { read: () => held.get(property) ?? [], write: (v: readonly BacnetValue[]) => void held.set(property, v) }] as const;
    const id = { type: 17, instance: 1 };
    peer.device.add({
      id,
      name: "week",
      properties: withIdentity(id, "week", [
        keep(P.WEEKLY_SCHEDULE),
        keep(P.EXCEPTION_SCHEDULE),
        keep(P.EFFECTIVE_PERIOD),
        keep(P.SCHEDULE_DEFAULT),
      ]),
    });
    const connection = await open(peer);
    const call = (method: string, args: Record<string, unknown>) => connection.act!({ do: "call", device: "d", method, args }, soon());
    const weekly = [
      [
        { time: "06:30", value: 21, as: "real" },
        { time: "19:00", value: null },
      ],
      [],
      [],
      [],
      [],
      [],
      [],
    ];
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
    await expect(
      call("write-schedule", { object: "schedule:1", weekly: [[{ time: "25:00", value: 1 }], [], [], [], [], [], []] }),
    ).rejects.toThrow("25:00");
  });

  it("silencing and restarting a device must be named in the site file, and silence must have an end", async () => {
    const peer = await peerOf({ password: "sesame" });
    const call = (connection: Connection, method: string, args: Record<string, unknown>) =>
      connection.act!({ do: "call", device: "d", method, args }, soon());
    await expect(call(await open(peer), "reinitialize", { kind: "warmstart" })).rejects.toMatchObject({
      code: "not-supported",
      sent: false,
    });
    process.env["PLAINVIEW_TEST_PASSWORD"] = "sesame";
    const connection = await open(peer, {
      calls: ["reinitialize", "device-communication-control"],
      passwordEnv: "PLAINVIEW_TEST_PASSWORD",
    });
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
    const log = new TrendLog({
      id: { type: 20, instance: 1 },
      name: "log",
      logs: [{ object: { type: 0, instance: 1 }, property: 85 }],
      capacity,
      zone: { utcOffsetMinutes: 0 },
    });
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
    expect(third.readings[0]).toMatchObject({
      raw: null,
      quality: quality.badNoValue,
      reason: "200 records were overwritten before they were read",
    });
    expect(values(third.readings.slice(1))).toEqual(oneTo(500).map((i) => 339 + i));
    write(0, 0).purge();
    write(3, 9_000);
    const fourth = await pages(connection, third.token);
    expect(values(fourth.readings)).toEqual([null, 9_000, 9_001, 9_002]);
  });

  it("comes from a log of several by the member, and from one that knows only positions", async () => {
    const peer = await peerOf();
    const old = new TrendLog({
      id: { type: 20, instance: 2 },
      name: "old",
      logs: [],
      capacity: 40,
      zone: { utcOffsetMinutes: 0 },
      onlyPositions: true,
    });
    peer.device.add(old);
    for (let i = 0; i < 90; i++) old.write(1_700_000_000_000_000 + i * 1_000_000, { kind: "value", value: real(i) });
    const log = new TrendLog({ id: { type: 27, instance: 1 }, name: "several", logs: [], capacity: 100, zone: { utcOffsetMinutes: 0 } });
    peer.device.add(log);
    for (let i = 0; i < 50; i++)
      log.write(1_700_000_000_000_000 + i * 1_000_000, { kind: "value", value: real(i) }, { kind: "value", value: real(-i) });
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
    for (let i = 1; i <= 25; i++)
      peer.device.events.raise({ object: { type: 0, instance: i }, to: 3, eventType: 5 }, 1_700_000_000_000_000 + i * 1_000_000);
    const connection = await open(peer, { eventPollS: 1 });
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    await until(() => (connection.health!()["events"] as { polls: number }).polls >= 2, 8_000);
    expect(events.length).toBe(25);
    expect(new Set(events.map(({ id }) => id)).size).toBe(25);
    expect(events[0]).toMatchObject({
      device: "d",
      type: "bacnet.event",
      sourceTime: 1_700_000_001_000_000,
      data: { to: "high-limit", unacknowledged: ["offnormal"] },
    });
    await connection.acknowledge!(events[0]!, "Ada", soon());
    expect(peer.device.events.acknowledgements).toEqual([{ object: { type: 0, instance: 1 }, by: "Ada" }]);
  });

  it("are acknowledged through a call that names the object, whatever waits there, once", async () => {
    const peer = await peerOf();
    const object = { type: 0, instance: 1 };
    for (const to of [3, 1]) peer.device.events.raise({ object, to, eventType: 5 }, 1_700_000_000_000_000);
    const connection = await open(peer);
    const acknowledge = (args: Record<string, unknown>) =>
      connection.act!({ do: "call", device: "d", method: "acknowledge", args: { object: "analog-input:1", ...args } }, soon());
    expect(await acknowledge({ by: "Ada", state: 3 })).toMatchObject({ result: { acknowledged: ["offnormal", "fault"] } });
    expect(peer.device.events.acknowledgements).toEqual([
      { object, by: "Ada" },
      { object, by: "Ada" },
    ]);
    await expect(acknowledge({ by: "Ada" })).rejects.toThrow("nothing of analog-input:1 that waits");
  });
});
