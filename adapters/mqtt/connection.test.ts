import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import type { DeviceEvent } from "#src/contract/adapter.ts";
import { quality } from "#msgs/quality.ts";
import { madeUpEnv, realEnv } from "#test/fakes/adapter-env.ts";
import { errorOf, until } from "#test/contract/harness.ts";
import { deviceOf } from "./config.ts";
import { Device } from "./device.ts";
import { mqttAdapter } from "./index.ts";
import { planDevice } from "./plan.ts";
import { bindingOf, dialled, heardOn, peerOf, soon, valuesOf } from "./testing/dialled.ts";

describe("an acknowledgement", () => {
  const point = bindingOf("t#v");

  it("is sent when the message is stored, while others go on being heard", async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [point]);
    const heard = await heardOn(connection, [point]);
    for (const [at, id] of [11, 12, 13].entries()) peer.publish("p/t", `{"v":${at}}`, { qos: 1, id });
    await until(() => heard.length === 3);
    expect(valuesOf(heard)).toEqual([0, 1, 2]);
    expect(peer.acknowledged).toEqual([]);
    heard[1]!.settled!(true);
    heard[0]!.settled!(true);
    await until(() => peer.acknowledged.length === 2);
    heard[2]!.settled!(true);
    await until(() => peer.acknowledged.length === 3);
    expect(peer.acknowledged).toEqual(["puback 11", "puback 12", "puback 13"]);
  });

  it("of QoS 2 is sent when it is stored, and a repetition is no second message", async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [point], { qos: 2 });
    const heard = await heardOn(connection, [point]);
    peer.publish("p/t", '{"v":1}', { qos: 2, id: 7 });
    await until(() => heard.length === 1);
    expect(peer.acknowledged).toEqual([]);
    heard[0]!.settled!(true);
    await until(() => peer.acknowledged.length === 2);
    expect(peer.acknowledged).toEqual(["pubrec 7", "pubcomp 7"]);
    peer.publish("p/t", '{"v":2}', { qos: 2, id: 8 });
    peer.publish("p/t", '{"v":2}', { qos: 2, id: 8, dup: true });
    await until(() => heard.length === 2);
    heard[1]!.settled!(true);
    await until(() => peer.acknowledged.filter((line) => line === "pubrec 8").length === 2);
    expect(valuesOf(heard)).toEqual([1, 2]);
  });

  it("is sent at once for what nobody wants", async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [point]);
    await heardOn(connection, [point]);
    const [client] = peer.clients;
    peer.send(client!, "else/where", "1", { qos: 1, id: 3 });
    peer.publish("p/t", '{"other":1}', { qos: 1, id: 4 });
    await until(() => peer.acknowledged.length === 2);
    expect(connection.health!()).toMatchObject({ messages: 2, unclaimed: 1, unacknowledged: 0 });
  });

  it("of what could not be stored is kept back where the broker keeps the message, and the link is made anew in the end", async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [point], {}, { session: "kept" });
    const heard = await heardOn(connection, [point]);
    for (let id = 1; id <= 10; id++) peer.publish("p/t", '{"v":1}', { qos: 1, id });
    await until(() => heard.length === 10);
    for (const { settled } of heard) settled!(false);
    expect(await connection.lost).toMatchObject({ code: "busy" });
    expect(peer.acknowledged).toEqual([]);
  });

  it("of what could not be stored is sent where the broker would not bring it again", async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [point]);
    const heard = await heardOn(connection, [point]);
    peer.publish("p/t", '{"v":1}', { qos: 1, id: 5 });
    await until(() => heard.length === 1);
    heard[0]!.settled!(false);
    await until(() => peer.acknowledged.length === 1);
  });
});

describe("a kept session", () => {
  it("brings what came meanwhile before anybody listens, and none of it is lost", async () => {
    const peer = await peerOf();
    const point = bindingOf("t#v");
    peer.welcome = (client) => {
      for (const id of [1, 2, 3]) peer.send(client, "p/t", `{"v":${id}}`, { qos: 1, id });
    };
    const { connection } = await dialled(peer, [point], {}, { session: "kept" });
    expect([...peer.clients].map(({ isClean, id }) => [isClean, id])).toEqual([[false, "plainview-radio"]]);
    await until(() => connection.health!()["waiting"] === 3);
    expect(peer.acknowledged).toEqual([]);
    const heard = await heardOn(connection, [point]);
    expect(valuesOf(heard)).toEqual([1, 2, 3]);
    expect(heard.every(({ retained }) => !retained)).toBe(true);
    for (const { settled } of heard) settled!(true);
    await until(() => peer.acknowledged.length === 3);
  });

  it("is not touched by a visitor who only looks around", async () => {
    const peer = await peerOf();
    peer.retained.set("a/b", '{"x":1}');
    const config = { id: "radio", link: { host: "127.0.0.1", port: peer.port, session: "kept" as const, browseMs: 500 }, devices: [] };
    const connection = await mqttAdapter.create(config, realEnv()).connect(soon());
    const found: unknown[] = [];
    for await (const one of connection.browse!(soon())) found.push(one);
    await connection.close();
    expect(found).toMatchObject([{ device: { id: "a" }, point: { address: "b#x" } }]);
    await until(() => peer.goodbyes.length === 1);
    expect(peer.goodbyes).toEqual(["plainview-radio-visitor"]);
  });
});

describe("what a device says", () => {
  it("comes with its own time, and with a doubt where that cannot be read", async () => {
    const peer = await peerOf();
    const point = bindingOf("t#v");
    const { connection } = await dialled(peer, [point], { timePath: "at", timeFormat: "unix-ms" });
    const heard = await heardOn(connection, [point]);
    for (const at of ["1700000000123", '"noon"', "0"]) peer.publish("p/t", `{"v":1,"at":${at}}`);
    peer.publish("p/t", '{"v":1}');
    await until(() => heard.length === 4);
    const [good, word, zero, none] = heard.map(({ readings }) => readings[0]!);
    expect(good).toMatchObject({ sourceTime: 1_700_000_000_123_000, quality: quality.good });
    for (const reading of [word, zero]) expect(reading).toMatchObject({ raw: 1, quality: quality.uncertainTime });
    for (const reading of [word, zero, none]) expect(reading).not.toHaveProperty("sourceTime");
    expect(none!.quality).toBe(quality.good);
  });

  it("and the broker kept is old news; what comes live is not", async () => {
    const peer = await peerOf();
    peer.retained.set("p/t", '{"v":1}');
    const point = bindingOf("t#v");
    const { connection } = await dialled(peer, [point]);
    const heard = await heardOn(connection, [point]);
    peer.publish("p/t", '{"v":2}', { retain: true });
    await until(() => heard.length === 2);
    expect(heard.map(({ retained }) => retained)).toEqual([true, false]);
  });

  it("with numbers left out becomes an event that says how many, once they were waited for", async () => {
    const point = bindingOf("t#v");
    const env = madeUpEnv();
    const events: DeviceEvent[] = [];
    const plan = planDevice("d", deviceOf({ topic: "p", sequencePath: "n" }), [point], {});
    const device = new Device(plan, { longest: 1000, time: env.time, tell: (event) => events.push(event) });
    const say = (n: number) =>
      device.hear(
        { topic: "p/t", payload: Buffer.from(`{"v":1,"n":${n}}`), qos: 0, isRetained: false, isRepeat: false, settle() {} },
        plan.topics,
        () => {},
      );
    const begun = env.time.now();
    for (const n of [4, 5, 9, 7, 10]) say(n);
    await env.advance(1_900);
    say(11);
    expect(events).toEqual([]);
    await env.advance(200);
    say(12);
    say(2);
    // The last number before the stretch came at the very beginning.
    expect(events[0]!.data["from"]).toBe(begun);
    expect(events.map(({ type, data }) => [type, data["lost"] ?? data["to"]])).toEqual([
      ["device.sequence-gap", 2],
      ["device.sequence-restarted", 2],
    ]);
    expect(device.counters).toMatchObject({ lost: 2, restarts: 1, messages: 8 });
  });

  it("late is history and no live value, and twice is once", async () => {
    const peer = await peerOf();
    const point = bindingOf("t#v");
    const { connection } = await dialled(peer, [point], { sequencePath: "n" });
    const origins: unknown[] = [];
    await connection.subscribe!(
      [point],
      ([reading], about) => {
        origins.push([reading!.raw, about?.historical ?? false]);
        about?.settled?.(true);
      },
      soon(),
    );
    for (const [id, n] of [40, 20, 41].entries()) peer.publish("p/t", `{"v":${n},"n":${n}}`, { qos: 1, id: id + 1 });
    peer.publish("p/t", '{"v":41,"n":41}', { qos: 1, id: 3, dup: true });
    await until(() => peer.acknowledged.length === 4);
    expect(origins).toEqual([
      [40, false],
      [20, true],
      [41, false],
    ]);
  });

  it("in a message that is no JSON makes its points bad, and the next good one good again", async () => {
    const peer = await peerOf();
    const points = [bindingOf("t#v"), bindingOf("t#w")];
    const { connection } = await dialled(peer, points);
    const heard = await heardOn(connection, points);
    peer.publish("p/t", "{oops");
    peer.publish("p/t", Buffer.from([0xff, 0xfe]));
    peer.publish("p/t", '{"v":1,"w":2}');
    await until(() => heard.length === 3);
    expect(valuesOf(heard)).toEqual([null, null, null, null, 1, 2]);
    expect(heard[0]!.readings[0]!.quality).toBe(quality.badConfig);
    expect(connection.health!()).toMatchObject({ unreadable: 2 });
  });
});

describe("a device that is away by its status topic", () => {
  const points = [bindingOf("t#v"), bindingOf("status", { kind: "text" })];

  it("has bad points and an event, and good ones when it speaks again", async () => {
    const peer = await peerOf();
    peer.retained.set("p/status", "online");
    const { connection, events } = await dialled(peer, points, { statusTopic: "status" });
    const heard = await heardOn(connection, points);
    peer.publish("p/t", '{"v":1}');
    peer.publish("p/status", "offline", { retain: true });
    await until(() => heard.some(({ readings }) => readings[0]!.quality === quality.badLink));
    expect(events.map(({ type }) => type)).toEqual(["device.offline"]);
    expect(await connection.read([points[0]!], soon())).toMatchObject([{ raw: null, quality: quality.badLink }]);
    peer.publish("p/status", "online", { retain: true });
    peer.publish("p/t", '{"v":2}');
    await until(() => valuesOf(heard).includes(2));
    expect(events.map(({ type }) => type)).toEqual(["device.offline", "device.online"]);
    expect(valuesOf(heard)).toEqual(["online", 1, null, "offline", "online", 2]);
    expect((await errorOf(connection.read([points[0]!], soon()), 1000)).code).toBe("not-supported");
  });

  it("is not made good by what the broker still keeps of it", async () => {
    const peer = await peerOf();
    peer.retained.set("p/status", "offline");
    peer.retained.set("p/t", '{"v":1}');
    const { connection, events } = await dialled(peer, points, { statusTopic: "status" });
    const heard = await heardOn(connection, points);
    await until(() => heard.length >= 3);
    expect(
      heard.flatMap(({ readings }) => readings).filter(({ binding, quality: byte }) => binding === points[0] && byte === quality.good),
    ).toEqual([]);
    expect(events.map(({ type, data }) => [type, data["retained"]])).toEqual([["device.offline", true]]);
    peer.publish("p/t", '{"v":3}');
    await until(() => valuesOf(heard).includes(3));
    expect(connection.health!()).toMatchObject({ offline: [] });
  });
});

describe("a device that can be asked", () => {
  const state = bindingOf("state#x", { writable: true });
  const other = bindingOf("t#v");
  const options = { commandTopic: "command", askTopic: "command", askPayload: "{}", answerTopic: "state" };

  it("answers with what it says after the question, not with what the broker keeps", async () => {
    const peer = await peerOf();
    peer.retained.set("p/state", '{"x":1}');
    const { connection } = await dialled(peer, [state, other], options);
    const heard = await heardOn(connection, [state, other]);
    peer.hear = (topic, payload) => topic === "p/command" && payload === "{}" && void peer.publish("p/state", '{"x":2}');
    expect(await connection.read([state], soon())).toEqual([{ raw: 2, quality: quality.good }]);
    expect(peer.told).toMatchObject([{ topic: "p/command", payload: "{}", qos: 1, retain: false }]);
    await until(() => heard.length === 2);
    expect((await errorOf(connection.read([state, other], soon()), 1000)).code).toBe("not-supported");
  });

  it("and does not answer is a time-out; given up, it is given up at once", async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [state], options);
    expect(await errorOf(connection.read([state], soon()), 2000)).toMatchObject({ code: "timeout", sent: true });
    const giveUp = new AbortController();
    const read = connection.read([state], giveUp.signal);
    setTimeout(() => giveUp.abort(), 20);
    expect((await errorOf(read, 300)).code).toBe("closed");
    expect(peer.unsubscribed).toContain("p/state");
  });
});

it("a link does not bring the library's ten megabytes of ready-made numbers with it", async () => {
  // What the library fills with its first packet unless it is told not to.
  const { cache } = createRequire(import.meta.url)("mqtt-packet/numbers.js") as { cache: Record<number, unknown> };
  const peer = await peerOf();
  await dialled(peer, []);
  expect(Object.keys(cache)).toEqual([]);
});
