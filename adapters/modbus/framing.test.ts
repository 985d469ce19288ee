import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ask } from "./ask.ts";
import { checksum, RtuFraming } from "./framing-rtu.ts";
import { TcpFraming } from "./framing-tcp.ts";
import type { Framing, FramingListener } from "./framing.ts";
import { readQuestion } from "./pdu.ts";

interface Heard extends FramingListener {
  readonly answers: { ask: Ask; pdu: string }[];
  lateFrames: number;
  garbageBytes: number;
}

function listener(): Heard {
  return {
    answers: [],
    lateFrames: 0,
    garbageBytes: 0,
    answered(ask, bytes, start, end) {
      this.answers.push({ ask, pdu: bytes.toString("hex", start, end) });
    },
    late() {
      this.lateFrames++;
    },
    garbage(bytes) {
      this.garbageBytes += bytes;
    },
  };
}

function send(framing: Framing, unit: number, count = 1): { ask: Ask; frame: Buffer } {
  const ask = new Ask({ unit, question: readQuestion("holding", 0, count), timeoutMs: 100, settle: () => {} });
  const out = Buffer.alloc(300);
  return { ask, frame: Buffer.from(out.subarray(0, framing.write(ask, out, 0))) };
}

function tcpAnswer(request: Buffer, pdu: Buffer): Buffer {
  const header = Buffer.from(request.subarray(0, 7));
  header.writeUInt16BE(pdu.length + 1, 4);
  return Buffer.concat([header, pdu]);
}

function rtuAnswer(unit: number, pdu: Buffer): Buffer {
  const body = Buffer.from([unit, ...pdu]);
  const sum = checksum(body, 0, body.length);
  return Buffer.from([...body, sum & 0xff, sum >> 8]);
}

function feed(framing: Framing, bytes: Buffer, cuts: readonly number[]): void {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (let index = 1; index < at.length; index++) {
    const part = Buffer.from(bytes.subarray(at[index - 1], at[index]));
    framing.receive(part, part.length);
    // The buffer belongs to the reader and is used again.
    part.fill(0xee);
  }
}

const registers = (value: number) => Buffer.from([3, 2, value >> 8, value & 0xff]);

describe("Modbus TCP frames", () => {
  it("answers arrive whole however the stream is cut, in whatever order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { maxLength: 30 }), fc.integer({ min: 1, max: 20 }), fc.nat(1000), (cuts, count, shuffle) => {
        const heard = listener();
        const framing = new TcpFraming(heard);
        const sent = Array.from({ length: count }, (_, index) => send(framing, index % 5));
        const order = sent.map((_, index) => (index * 7 + shuffle) % count);
        const answered = [...new Set(order)].map((index) => ({ ...sent[index]!, value: index }));
        feed(framing, Buffer.concat(answered.map(({ frame, value }) => tcpAnswer(frame, registers(value)))), cuts);
        expect(heard.answers.map(({ ask, pdu }) => [ask, pdu])).toEqual(
          answered.map(({ ask, value }) => [ask, registers(value).toString("hex")]),
        );
        expect(heard.garbageBytes).toBe(0);
      }),
    );
  });

  it("after garbage the next answer is found, and never a wrong one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.array(fc.nat(500), { maxLength: 10 }), (garbage, cuts) => {
        const heard = listener();
        const framing = new TcpFraming(heard);
        // A frame that garbage announces and never sends is given up when its question is.
        const first = send(framing, 9);
        feed(framing, Buffer.from(garbage), cuts);
        framing.forget(first.ask);
        const second = send(framing, 9);
        feed(framing, tcpAnswer(second.frame, registers(4711)), cuts);
        framing.forget(second.ask);
        const right = heard.answers.filter(({ ask }) => ask === second.ask);
        expect(right.every(({ pdu }) => pdu === registers(4711).toString("hex"))).toBe(true);
        expect(right.length).toBe(1);
      }),
      { numRuns: 500 },
    );
  });

  it("an answer to a question that was given up is late, not garbage and not an answer", () => {
    const heard = listener();
    const framing = new TcpFraming(heard);
    const { ask, frame } = send(framing, 1);
    framing.forget(ask);
    const other = send(framing, 1);
    feed(framing, Buffer.concat([tcpAnswer(frame, registers(1)), tcpAnswer(other.frame, registers(2))]), []);
    expect(heard.lateFrames).toBe(1);
    expect(heard.garbageBytes).toBe(0);
    expect(heard.answers.map(({ ask: to }) => to)).toEqual([other.ask]);
  });

  it("an answer from another unit is nobody's", () => {
    const heard = listener();
    const framing = new TcpFraming(heard);
    const { frame } = send(framing, 1);
    const wrong = tcpAnswer(frame, registers(1));
    wrong[6] = 2;
    feed(framing, wrong, []);
    expect(heard.answers).toEqual([]);
  });
});

describe("RTU frames on a stream", () => {
  it("the checksum is the one in the standard's example", () => {
    // 02 07 has the checksum 41 12 on the wire.
    expect(checksum(Buffer.from([2, 7]), 0, 2)).toBe(0x1241);
  });

  it("an answer is found among noise, however the stream is cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(500), { maxLength: 20 }), fc.nat(65_535), (noise, cuts, value) => {
        const heard = listener();
        const framing = new RtuFraming(heard);
        send(framing, 17);
        // Noise that could itself be read as the start of an answer is left out: nothing on a stream tells the two apart.
        const quiet = Buffer.from(noise).map((byte) => (byte === 17 ? 18 : byte));
        feed(framing, Buffer.concat([quiet, rtuAnswer(17, registers(value)), Buffer.from([1, 2, 3])]), cuts);
        expect(heard.answers.map(({ pdu }) => pdu)).toEqual([registers(value).toString("hex")]);
      }),
      { numRuns: 500 },
    );
  });

  it("a damaged answer, another unit's and another function's are no answers", () => {
    const heard = listener();
    const framing = new RtuFraming(heard);
    send(framing, 17);
    const damaged = rtuAnswer(17, registers(5));
    damaged[3]! ^= 1;
    feed(framing, Buffer.concat([damaged, rtuAnswer(16, registers(6)), rtuAnswer(17, Buffer.from([4, 2, 0, 7]))]), []);
    expect(heard.answers).toEqual([]);
    feed(framing, rtuAnswer(17, Buffer.from([0x83, 2])), []);
    expect(heard.answers.map(({ pdu }) => pdu)).toEqual(["8302"]);
  });

  it("what was said before the question is not its answer", () => {
    const heard = listener();
    const framing = new RtuFraming(heard);
    feed(framing, rtuAnswer(17, registers(1)), []);
    send(framing, 17);
    expect(heard.answers).toEqual([]);
    feed(framing, rtuAnswer(17, registers(2)), []);
    expect(heard.answers.map(({ pdu }) => pdu)).toEqual([registers(2).toString("hex")]);
  });

  it("never keeps more than a few frames, whatever is poured in", () => {
    const heard = listener();
    const framing = new RtuFraming(heard);
    send(framing, 17);
    for (let round = 0; round < 200; round++) framing.receive(Buffer.alloc(5000, 17), 5000);
    expect(framing.skipped).toBeGreaterThan(900_000);
    feed(framing, rtuAnswer(17, registers(3)), []);
    expect(heard.answers).toHaveLength(1);
  });
});
