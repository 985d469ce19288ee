import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { Binding, Connection, Reading } from "#src/contract/adapter.ts";
import { isGood } from "#msgs/quality.ts";
import { between, pick, seededRandom, type Random } from "#src/kit/random.ts";
import { madeUpEnv, realEnv } from "#test/fakes/adapter-env.ts";
import { ModbusMemory } from "#test/contract/peers/modbus-memory.ts";
import { deviceOf, linkOf } from "./config.ts";
import { ModbusConnection } from "./connection.ts";
import { Device } from "./device.ts";
import type { ByteStream } from "./dial.ts";
import { Exchange } from "./exchange.ts";
import { checksum, RtuFraming } from "./framing-rtu.ts";
import { TcpFraming } from "./framing-tcp.ts";
import { modbusAdapter } from "./index.ts";
import { answerRequest } from "./server/answer.ts";
import { RegisterImage } from "./server/image.ts";
import { ModbusServer } from "./server/index.ts";

const frames = process.env["PLAINVIEW_SOAK"] === "1" ? 200_000 : 3_000;
const seed = 20_261_121;

/**
 * Ways to spoil an answer that a receiver can notice. Modbus TCP has no checksum: a changed data byte is not among
 * them, nor data bytes that are missing and made up by what follows, nor one transaction number changed into another that is
 * waiting. Nothing could tell.
 */
const spoilers: readonly ((frame: Buffer, random: Random) => Buffer)[] = [
  (_, random) => randomBytes(random, between(random, 1, 300)),
  (frame, random) => frame.subarray(0, between(random, 0, 7)),
  (frame, random) => Buffer.concat([randomBytes(random, between(random, 1, 20)), frame]),
  (frame, random) => changed(frame, between(random, 2, 8), random),
  (frame) => Buffer.concat([frame.subarray(0, 4), Buffer.from([0xff, 0xff]), frame.subarray(6)]),
  () => Buffer.alloc(0),
];
/** Only transaction numbers tell an answer that comes twice from the answer to the next question; RTU has none. */
const tcpSpoilers: typeof spoilers = [...spoilers, (frame) => Buffer.concat([frame, frame])];

function randomBytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => between(random, 0, 255)));
}

function changed(frame: Buffer, at: number, random: Random): Buffer {
  const copy = Buffer.from(frame);
  if (at < copy.length) copy[at] = between(random, 0, 255);
  return copy;
}

/** A stream in memory whose other end spoils most of what it answers as unit 1 and nothing of what it answers as unit 2. */
class SpoiltStream implements ByteStream {
  answered = 0;
  private readonly isTcp: boolean;
  private readonly random: Random;
  private readonly memory: ModbusMemory;
  private onBytes: (bytes: Buffer, length: number) => void = () => {};
  private isClosed = false;

  constructor(isTcp: boolean, random: Random, memory: ModbusMemory) {
    this.isTcp = isTcp;
    this.random = random;
    this.memory = memory;
  }

  start(onBytes: (bytes: Buffer, length: number) => void): void {
    this.onBytes = onBytes;
  }

  write(bytes: Buffer): void {
    const out = Buffer.concat(this.requests(bytes).map((frame) => this.answer(frame)));
    queueMicrotask(() => this.deliver(out));
  }

  close(): void {
    this.isClosed = true;
  }

  private requests(bytes: Buffer): Buffer[] {
    if (!this.isTcp) return [bytes];
    const found: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 6 + bytes.readUInt16BE(at + 4))
      found.push(bytes.subarray(at, at + 6 + bytes.readUInt16BE(at + 4)));
    return found;
  }

  private answer(request: Buffer): Buffer {
    this.answered++;
    const unit = request[this.isTcp ? 6 : 0]!;
    const pdu = this.memory.answer(this.isTcp ? request.subarray(7) : request.subarray(1, -2));
    this.memory.heard.length = 0;
    const frame = this.isTcp ? tcpFrame(request, pdu) : rtuFrame(unit, pdu);
    return unit === 1 && this.random() < 0.8 ? pick(this.random, this.isTcp ? tcpSpoilers : spoilers)(frame, this.random) : frame;
  }

  private deliver(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.isClosed;) {
      const part = bytes.subarray(at, at + between(this.random, 1, 200));
      at += part.length;
      this.onBytes(part, part.length);
    }
  }
}

function tcpFrame(request: Buffer, pdu: Buffer): Buffer {
  const header = Buffer.from(request.subarray(0, 7));
  header.writeUInt16BE(pdu.length + 1, 4);
  return Buffer.concat([header, pdu]);
}

function rtuFrame(unit: number, pdu: Buffer): Buffer {
  const body = Buffer.from([unit, ...pdu]);
  const sum = checksum(body, 0, body.length);
  return Buffer.from([...body, sum & 0xff, sum >> 8]);
}

function points(device: string, count: number): readonly Binding[] {
  return Array.from({ length: count }, (_, index) => {
    const address = `holding:${index * 40}`;
    return { point: `${device}/${address}`, device, address, kind: "number" as const, writable: false, pollMs: 1000 };
  });
}

describe("what comes from the wire", () => {
  it.each(["tcp", "rtu"])(
    "as spoilt %s answers, never gives a wrong value, never leaves a question open, and leaves the neighbour alone",
    async (framing) => {
      const isTcp = framing === "tcp";
      const random = seededRandom(seed);
      const memory = new ModbusMemory();
      for (let at = 0; at < 400; at++) memory.holding[at] = at + 1;
      const env = madeUpEnv();
      const link = linkOf({ transport: isTcp ? "tcp" : "rtu-over-tcp", timeoutMs: 100, inFlight: 16 });
      let stream = new SpoiltStream(isTcp, random, memory);
      const open = (): Connection => {
        stream = new SpoiltStream(isTcp, random, memory);
        const exchange = new Exchange(stream, (listener) => (isTcp ? new TcpFraming(listener) : new RtuFraming(listener)), env, {
          ...link,
          gapMs: 0,
        });
        const device = (id: string, unit: number) => [id, new Device(id, deviceOf({ unit, inFlight: 4, maxGap: 0 }), link)] as const;
        return new ModbusConnection(exchange, new Map([device("spoilt", 1), device("good", 2)]), link);
      };
      const bindings = { spoilt: points("spoilt", 8), good: points("good", 2) };
      let connection = open();
      let isLost = false;
      let answered = 0;
      let goodReads = 0;
      let rounds = 0;
      const wrong: Reading[] = [];
      const heapBefore = process.memoryUsage().heapUsed;
      const watch = (link: Connection) => void link.lost.then(() => (isLost = true));
      watch(connection);
      while (answered + stream.answered < frames) {
        const asked = [connection.read(bindings.spoilt, neverAborted), connection.read(bindings.good, neverAborted)];
        let settled = 0;
        for (const [index, read] of asked.entries()) {
          const look = (readings: readonly Reading[]) => {
            for (const [at, reading] of readings.entries()) if (isGood(reading.quality) && reading.raw !== at * 40 + 1) wrong.push(reading);
            if (index === 1 && readings.every((reading) => isGood(reading.quality))) goodReads++;
          };
          void read.then(look, () => undefined).then(() => settled++);
        }
        for (let wait = 0; settled < 2 && wait < 60; wait++) await env.advance(wait === 0 ? 0 : 100);
        expect(settled, "every question is settled").toBe(2);
        rounds++;
        if (isLost) {
          answered += stream.answered;
          isLost = false;
          connection = open();
          watch(connection);
        }
      }
      await connection.close();
      expect(env.pendingTimers()).toBe(0);
      expect(wrong).toEqual([]);
      // Bytes lost on a shared stream can take a neighbour's answer with them; most of its reads come through all the same.
      expect(goodReads / rounds).toBeGreaterThan(0.5);
      expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(150_000_000);
    },
  );

  it("as malformed requests, the server answers or refuses, and a client beside is served as ever", async () => {
    const random = seededRandom(seed + 1);
    const latest = { get: (id: string) => ({ point: id, value: 7, quality: 0, sourceTime: 1, at: 1 }), all: () => [] };
    const exposed = [{ point: "p", address: "holding:0", writable: true }];
    const image = new RegisterImage(exposed, latest);
    for (let frame = 0; frame < frames; frame++) {
      const pdu = randomBytes(random, between(random, 1, random() < 0.1 ? 253 : 12));
      pdu[0] = random() < 0.7 ? pick(random, [1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 43]) : pdu[0]!;
      const answer = answerRequest(pdu, image, () => undefined);
      expect(answer.length).toBeGreaterThan(1);
      expect(answer.length).toBeLessThanOrEqual(253);
    }
    const server = new ModbusServer({ id: "f", port: 0, points: exposed }, latest, realEnv());
    await server.start(undefined, {
      submit: (command) => ({ status: "success", commandId: command.id }),
      cancel: (commandId) => ({ status: "success", commandId }),
      find: () => undefined,
    });
    const config = {
      id: "l",
      link: { host: "127.0.0.1", port: server.port, timeoutMs: 5000 },
      devices: [{ id: "d", options: {}, bindings: [] }],
    };
    const good = await modbusAdapter.create(config, realEnv()).connect(AbortSignal.timeout(5000));
    const wanted: readonly Binding[] = [{ point: "p", device: "d", address: "holding:0", kind: "number", writable: false, pollMs: 0 }];
    for (let round = 0; round < 40; round++) {
      const socket = connect(server.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.resume();
      socket.end(randomBytes(random, between(random, 1, 2000)));
      const [reading] = await good.read(wanted, AbortSignal.timeout(10_000));
      expect(reading!.raw).toBe(7);
      if (!socket.closed) await once(socket, "close");
    }
    await good.close();
    await server.close();
  });
});

const neverAborted = new AbortController().signal;
