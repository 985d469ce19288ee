import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import type { Binding, Connection, DeviceEvent, PushedReading } from "#src/contract/adapter.ts";
import { isGood, quality } from "#msgs/quality.ts";
import { startDemo } from "#demo/start.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { errorOf, until } from "#test/contract/harness.ts";
import { Mosquitto, startMosquitto } from "#test/contract/peers/mosquitto.ts";
import type { DeviceOptions, LinkOptions } from "./config.ts";
import { mqttAdapter } from "./index.ts";

const toClose: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});
const soon = () => AbortSignal.timeout(10_000);
const later = <T extends { close(): Promise<unknown> | void }>(made: T): T => (toClose.push(() => made.close()), made);

interface Heard {
  readonly point: string;
  readonly reading: PushedReading;
  readonly retained: boolean;
  readonly settled: ((stored: boolean) => void) | undefined;
}

function bindingOf(address: string, about: Partial<Binding> = {}): Binding {
  return { point: `d/${address}`, device: "d", address, kind: "number", writable: false, pollMs: 0, ...about };
}

async function dialled(port: number, bindings: readonly Binding[], options: DeviceOptions, link: Partial<LinkOptions> = {}) {
  const config = { id: "radio", link: { host: "127.0.0.1", port, ...link }, devices: [{ id: "d", options, bindings }] };
  expect(mqttAdapter.check(config)).toEqual([]);
  const connection = later(await mqttAdapter.create(config, realEnv()).connect(soon()));
  const events: DeviceEvent[] = [];
  connection.events!((event) => events.push(event));
  return { connection, events };
}

async function listen(connection: Connection, bindings: readonly Binding[], settleAll = true): Promise<Heard[]> {
  const heard: Heard[] = [];
  await connection.subscribe!(
    bindings,
    (readings, about) => {
      for (const reading of readings)
        heard.push({ point: reading.binding.address, reading, retained: about?.retained ?? false, settled: about?.settled });
      if (settleAll) about?.settled?.(true);
    },
    soon(),
  );
  return heard;
}

async function deviceOn(port: number, about: object = {}): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...about });
  toClose.push(() => client.endAsync(true));
  return client;
}

/** The same play for every broker: retained and live, all three qualities, commands, last will, a kept session. */
async function play(port: number, link: Partial<LinkOptions>): Promise<void> {
  const points = [bindingOf("t#v"), bindingOf("state#x", { writable: true })];
  const options: DeviceOptions = { topic: "play/+/d", qos: 2, statusTopic: "status", sequencePath: "n" };
  const own = { ...options, topic: "play/a/d", commandTopic: "command", commandQos: 2 as const };
  const device = await deviceOn(port, { will: { topic: "play/a/d/status", payload: Buffer.from("offline"), qos: 1, retain: true } });
  await device.publishAsync("play/a/d/status", "online", { qos: 1, retain: true });
  await device.publishAsync("play/a/d/state", '{"x":1}', { qos: 1, retain: true });
  device.on("message", (_topic, payload) => device.publish("play/a/d/state", payload, { qos: 1, retain: true }));
  await device.subscribeAsync("play/a/d/command", { qos: 2 });

  const { connection, events } = await dialled(port, points, own, { ...link, session: "kept", clientId: "play" });
  let heard = await listen(connection, points);
  await until(() => heard.some(({ point, retained }) => point === points[1]!.address && retained));
  for (const qos of [0, 1, 2] as const) await device.publishAsync("play/a/d/t", `{"v":${qos},"n":${qos}}`, { qos });
  await until(() => heard.filter(({ point }) => point === "t#v").length === 3);
  expect(heard.filter(({ point }) => point === "t#v").map(({ reading }) => reading.raw)).toEqual([0, 1, 2]);

  const receipt = await connection.act!({ do: "set", binding: points[1]!, value: 7, priority: 8 }, soon());
  expect(receipt.assurance).toBe("transport");
  await until(() => heard.some(({ reading, retained }) => reading.raw === 7 && !retained));
  await connection.close();

  await device.publishAsync("play/a/d/t", '{"v":11,"n":11}', { qos: 1 });
  await device.publishAsync("play/a/d/t", '{"v":12,"n":12}', { qos: 2 });
  const { connection: unstored } = await dialled(port, points, own, { ...link, session: "kept", clientId: "play" });
  heard = await listen(unstored, points, false);
  await until(() => heard.filter(({ point }) => point === "t#v").length === 2);
  expect(unstored.health!()).toMatchObject({ sessionPresent: true });
  await unstored.close();

  const { connection: again, events: told } = await dialled(port, points, own, { ...link, session: "kept", clientId: "play" });
  heard = await listen(again, points);
  await until(() => heard.filter(({ point }) => point === "t#v").length === 2);
  expect(heard.filter(({ point }) => point === "t#v").map(({ reading, retained }) => [reading.raw, retained])).toEqual([
    [11, false],
    [12, false],
  ]);
  await until(() => again.health!()["unacknowledged"] === 0);
  device.stream.destroy();
  await until(() => told.some(({ type }) => type === "device.offline"));
  await until(() => heard.at(-1)?.reading.quality === quality.badLink);
  expect(events).toEqual([]);
}

describe("aedes", () => {
  it("plays with us: qualities, retained, commands, will, a kept session that loses nothing", async () => {
    const aedes = await Aedes.createBroker();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => {}));
      aedes.handle(socket);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    toClose.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await new Promise<void>((resolve) => aedes.close(resolve));
    });
    await play((server.address() as AddressInfo).port, {});
  });
});

describe("Mosquitto", () => {
  for (const version of ["3.1.1", "5"] as const) {
    it(`plays with us over MQTT ${version}`, async () => {
      const broker = await startMosquitto();
      if (broker) await play(later(broker).port, { version, inFlight: 20 });
    });
  }

  it("tells over MQTT 5 that a command reached nobody, and that another took our place", async () => {
    const broker = await startMosquitto();
    if (!broker) return;
    const told = bindingOf("s#x > c#x", { writable: true });
    const { connection } = await dialled(later(broker).port, [told], {}, { version: "5", clientId: "one" });
    const receipt = await connection.act!({ do: "set", binding: told, value: 1, priority: 8 }, soon());
    expect(receipt.detail).toContain("nobody listens to c");
    await dialled(broker.port, [told], {}, { version: "5", clientId: "one" });
    expect(await connection.lost).toMatchObject({ code: "link-lost" });
  });

  it("lets us in over TLS with the right certificate and password only", async () => {
    const folder = mkdtempSync(join(tmpdir(), "plainview-tls-"));
    toClose.push(() => rmSync(folder, { recursive: true, force: true }));
    if (!(await Mosquitto.certificate(folder))) return;
    const files = [`cafile ${folder}/cert.pem`, `certfile ${folder}/cert.pem`, `keyfile ${folder}/key.pem`];
    const broker = await startMosquitto(files);
    if (!broker) return;
    later(broker);
    const ca = readFileSync(join(folder, "cert.pem"), "utf8");
    const { connection } = await dialled(broker.port, [bindingOf("t")], {}, { tls: true, ca });
    const heard = await listen(connection, [bindingOf("t")]);
    const device = await connectAsync(`mqtts://127.0.0.1:${broker.port}`, { ca, reconnectPeriod: 0 });
    toClose.push(() => device.endAsync(true));
    await device.publishAsync("t", "4", { qos: 1 });
    await until(() => heard.length === 1);
    expect(heard[0]!.reading.raw).toBe(4);
    expect((await errorOf(dialled(broker.port, [], {}, { tls: true }), 5000)).code).toBe("not-authorised");
  });
});

describe("the demo plant", () => {
  const zone: DeviceOptions = {
    topic: "plant/hall/{device}",
    name: "zone-1",
    timePath: "at",
    timeFormat: "unix-s",
    sequencePath: "seq",
    statusTopic: "status",
    commandTopic: "command",
    askTopic: "command",
    askPayload: "{}",
    answerTopic: "state",
  };
  const points = [bindingOf("telemetry#air.temperature"), bindingOf("state#setpoint", { writable: true })];

  it("is heard, is told, shows what it was told, and is missed when it is gone", async () => {
    const demo = later(await startDemo({ portModbus: null }));
    await until(() => demo.mqttConnected(), 10_000);
    const { connection, events } = await dialled(demo.ports.mqtt!, points, zone);
    const heard = await listen(connection, points);
    await until(() => heard.some(({ point, reading }) => point === points[0]!.address && isGood(reading.quality)), 10_000);
    await connection.act!({ do: "set", binding: points[1]!, value: 23.5, priority: 8 }, soon());
    const after = Date.now() * 1000 - 1000;
    await until(() => heard.some(({ reading }) => reading.raw === 23.5 && (reading.sourceTime ?? 0) > after - 1_000_000));
    expect(await connection.read([points[1]!], soon())).toMatchObject([{ raw: 23.5, quality: quality.good }]);
    await demo.fault({ target: "zone-1", kind: "device-off" });
    await until(() => heard.at(-1)!.reading.quality === quality.badLink);
    expect(events.map(({ type }) => type)).toEqual(["device.offline"]);
    await demo.fault({ target: "zone-1", kind: "device-off", on: false });
    await until(() => isGood(heard.at(-1)!.reading.quality), 10_000);
    expect(events.map(({ type }) => type)).toContain("device.online");
  });

  it("misses no message through a storm and an outage of the broker, and the log agrees", { timeout: 30_000 }, async () => {
    const demo = later(await startDemo({ portModbus: null }));
    await until(() => demo.mqttConnected(), 10_000);
    const counter = bindingOf("telemetry#n");
    const options = { topic: "plant/north-field/ear-01", sequencePath: "n" };
    const numbers: number[] = [];
    const open = async () => {
      const { connection } = await dialled(demo.ports.mqtt!, [counter], options, { session: "kept" });
      const heard = await listen(connection, [counter]);
      return { connection, heard };
    };
    let link = await open();
    await demo.fault({ target: "ear-01", kind: "message-storm", perSecond: 400 });
    for (let round = 0; round < 3; round++) {
      await until(() => link.heard.length > 150, 10_000);
      await (round === 1 ? demo.fault({ target: "mqtt", kind: "device-off" }) : link.connection.close());
      await link.connection.lost;
      numbers.push(...link.heard.map(({ reading }) => Number(reading.raw)));
      if (round === 1) await demo.fault({ target: "mqtt", kind: "device-off", on: false });
      link = await open();
    }
    await demo.fault({ target: "ear-01", kind: "message-storm", on: false });
    const first = numbers[0]!;
    const missing = () => {
      const got = new Set([...numbers, ...link.heard.map(({ reading }) => Number(reading.raw))]);
      const logged = demo.log("ear-01", 0, 20_000)!.flatMap((entry) => (entry.kind === "publish" ? [entry.sequence] : []));
      return logged.filter((number) => number >= first && !got.has(number));
    };
    await until(() => missing().length === 0, 15_000);
  });
});
