import { createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Binding, PushedReading } from "#src/contract/adapter.ts";
import { isGood } from "#msgs/quality.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { seededRandom } from "#src/kit/random.ts";
import { madeUpEnv, realEnv } from "#test/fakes/adapter-env.ts";
import { openHandles, settledWithin, until } from "#test/contract/harness.ts";
import { bytesOfPublish, packet } from "#test/contract/peers/mqtt-wire.ts";
import { pointsIn } from "./browse.ts";
import { deviceOf } from "./config.ts";
import { Device } from "./device.ts";
import { mqttAdapter } from "./index.ts";
import { planDevice } from "./plan.ts";

const isSoak = process.env["PLAINVIEW_SOAK"] === "1";
const payloads = isSoak ? 200_000 : 4_000;
const packets = isSoak ? 200_000 : 4_000;
/** Links that get spoilt bytes; each takes many packets until it is given up. */
const packetsForLink = 200;

const binding = (address: string, kind: Binding["kind"]): Binding => ({
  point: address,
  device: "d",
  address,
  kind,
  writable: false,
  pollMs: 0,
});
const points = [
  binding("t#v", "number"),
  binding("t#a.b[0]", "boolean"),
  binding("t#s", "text"),
  binding("t", "state"),
  binding("status", "text"),
];
const options = { timePath: "at", timeFormat: "unix-ms" as const, sequencePath: "n", statusTopic: "status", on: "ON", off: "OFF" };

describe("whatever a device sends", () => {
  it(
    `${payloads} payloads of all kinds: every reading is a plain value or bad with a reason, and every message is settled`,
    { timeout: 600_000 },
    () => {
      const env = madeUpEnv();
      const device = new Device(planDevice("d", deviceOf(options), points, {}), { longest: 2000, time: env.time, tell: () => {} });
      const heard: PushedReading[] = [];
      device.listeners.add({ bindings: points, push: (readings, about) => (heard.push(...readings), about?.settled?.(true)) });
      const json = fc.json({ maxDepth: 4 });
      const likely = fc
        .record(
          { v: fc.anything(), a: fc.anything(), s: fc.anything(), at: fc.anything(), n: fc.oneof(fc.nat(), fc.anything()) },
          { requiredKeys: [] },
        )
        .map((body) => safely(body));
      const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
      const payload = fc.oneof(
        json,
        likely,
        fc.string(),
        bytes,
        fc.constantFrom("offline", "online", "", "null", "1e999", "-0", "[[[[[[["),
      );
      fc.assert(
        fc.property(
          payload,
          fc.boolean(),
          fc.boolean(),
          fc.constantFrom(0, 1, 2),
          fc.boolean(),
          (said, isRetained, isRepeat, qos, isStatus) => {
            heard.length = 0;
            let settled = 0;
            const topic = isStatus ? "status" : "t";
            const message = { topic, payload: Buffer.from(said), qos: qos as 0 | 1 | 2, isRetained, isRepeat, settle: () => {} };
            device.hear(
              message,
              device.plan.topics.filter(({ filter }) => filter === topic),
              () => settled++,
            );
            expect(settled).toBe(1);
            for (const { raw, quality, reason, sourceTime } of heard) {
              if (raw === null) expect([isGood(quality), (reason?.length ?? 0) > 5]).toEqual([false, true]);
              else expect(["number", "boolean", "string"]).toContain(typeof raw);
              if (sourceTime !== undefined) expect(Number.isSafeInteger(sourceTime)).toBe(true);
            }
            for (const { point } of pointsIn(message, { maxMessageBytes: 2000 })) expect(point!.address.length).toBeGreaterThan(0);
          },
        ),
        { numRuns: payloads },
      );
    },
  );
});

describe("whatever a broker sends", () => {
  it(`${packets} spoilt packets: no crash, no good value out of nothing, nothing left behind`, { timeout: 600_000 }, async () => {
    const random = seededRandom(7);
    const before = openHandles();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket.on("error", () => {}))).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const config = { id: "fuzz", link: { host: "127.0.0.1", port, timeoutMs: 200 }, devices: [{ id: "d", options, bindings: points }] };
    for (let sent = 0; sent < packets;) {
      const env = realEnv();
      const accepted = once(server, "connection") as Promise<[Socket]>;
      const connecting = mqttAdapter.create(config, env).connect(AbortSignal.timeout(5000));
      const [socket] = await accepted;
      socket.write(packet(0x20, [0, 0]));
      const connection = await connecting;
      const heard: PushedReading[] = [];
      const subscribed = connection.subscribe!(
        points,
        (readings, about) => (heard.push(...readings), about?.settled?.(true)),
        AbortSignal.timeout(300),
      );
      void subscribed.catch((error: unknown) => expect(error).toBeInstanceOf(GatewayError));
      for (let round = 0; round < packetsForLink && !socket.destroyed; round++, sent++) socket.write(spoilt(random));
      // Half of them are cut in the middle, the others wait for what became of the bytes.
      if (random() < 0.5) socket.resetAndDestroy();
      await settledWithin(connection.lost, 20);
      for (const { raw, quality } of heard)
        if (raw !== null && isGood(quality)) expect(["number", "boolean", "string"]).toContain(typeof raw);
      await connection.close();
      await settledWithin(subscribed, 1000);
      socket.destroy();
      await until(() => env.pendingTimers() === 0);
    }
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
    await until(() => openHandles() <= before);
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

/** A packet a broker might send, with some of its bytes turned, cut off, or doubled. */
function spoilt(random: () => number): Buffer {
  const id = Math.floor(random() * 5);
  const qos = Math.floor(random() * 3);
  const made = [
    bytesOfPublish("t", '{"v":1,"n":2}', { qos, id }, false),
    bytesOfPublish("status", "offline", { qos, id, retain: true }, false),
    packet(0x90, [0, id, 0, 1, 1]),
    packet(0x62, [0, id]),
    packet(0x40, [0, id]),
    packet(0xd0, []),
    packet(0x20, [0, 0]),
  ][Math.floor(random() * 7)]!;
  const how = random();
  if (how < 0.6) return made;
  if (how < 0.7) return made.subarray(0, Math.floor(random() * made.length));
  const turned = Buffer.from(made);
  turned[Math.floor(random() * turned.length)] = Math.floor(random() * 256);
  return turned;
}

/** JSON of anything, where that is possible. */
function safely(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "{}";
  }
}
