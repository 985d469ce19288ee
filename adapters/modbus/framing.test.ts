import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ask } from "./ask.ts";
import { checksum, RtuFraming } from "./framing-rtu.ts";
import { TcpFraming } from "./framing-tcp.ts";
import type { Framing, FramingListener } from "./framing.ts";
import {
  identify,
  maskRegister,
  readQuestion,
  readWriteRegisters,
  writeCoil,
  writeRegister,
  writeRegisters,
  type Question,
} from "./pdu.ts";

interface Heard extends FramingListener {
  readonly answers: { ask: Ask; pdu: string }[];
  lateFrames: number;
  echoes: number;
  garbageBytes: number;
}

function listener(): Heard {
  return {
    answers: [],
    lateFrames: 0,
    echoes: 0,
    garbageBytes: 0,
    answered(ask, bytes, start, end) {
      this.answers.push({ ask, pdu: bytes.toString("hex", start, end) });
    },
    late() {
      this.lateFrames++;
    },
    echo() {
      this.echoes++;
    },
    garbage(bytes) {
      this.garbageBytes += bytes;
    },
  };
}

function send(framing: Framing, unit: number, question = readQuestion("holding", 0, 1)): { ask: Ask; frame: Buffer } {
  const ask = new Ask({ unit, question, timeoutMs: 100, settle: () => {} });
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

describe("an RTU line that repeats what is sent", () => {
  const rightAnswer = ({ pdu, answerLength }: Question): Buffer => {
    if (pdu[0] === 43) return Buffer.from([43, 14, 1, 1, 0, 0, 1, 0, 1, 65]);
    if (pdu[0]! > 4 && pdu[0] !== 23) return Buffer.from(pdu.subarray(0, answerLength));
    return Buffer.concat([Buffer.from([pdu[0]!, answerLength - 2]), Buffer.alloc(answerLength - 2, 0x5a)]);
  };
  const told: readonly (readonly [string, Question])[] = [
    ["registers", readQuestion("holding", 0, 4)],
    ["three registers beginning with 0x0600", readQuestion("input", 0x600, 3)],
    ["24 coils at 0x0300, whose answer is as long as the question", readQuestion("coil", 0x300, 24)],
    ["a write of several registers", writeRegisters(5, Buffer.from([0, 1, 0, 2]))],
    ["a read and write", readWriteRegisters(1, 2, 3, Buffer.from([9, 9]))],
    ["an identification", identify(1, 0)],
  ];
  const copies: readonly (readonly [string, Question])[] = [
    ["a coil", writeCoil(4, true)],
    ["a register", writeRegister(5, Buffer.from([0, 9]))],
    ["a bit", maskRegister(5, 1, 0)],
  ];

  it.each(told)("its echo of %s is no answer, and the answer behind it is, however the stream is cut", (_, question) => {
    for (const echo of [false, true]) {
      fc.assert(
        fc.property(fc.array(fc.nat(100), { maxLength: 20 }), (cuts) => {
          const heard = listener();
          const framing = new RtuFraming(heard, echo);
          const { ask, frame } = send(framing, 17, question);
          feed(framing, frame, cuts);
          expect(heard).toMatchObject({ answers: [], echoes: 1, garbageBytes: 0 });
          expect(framing.inPlaceOfAnswer(ask) ?? "").toMatch(echo ? /^(|.*came back once.*)$/ : /set echo: true/);
          feed(framing, rtuAnswer(17, rightAnswer(question)), cuts);
          expect(heard.answers.map(({ pdu }) => pdu)).toEqual([rightAnswer(question).toString("hex")]);
        }),
        { numRuns: 50 },
      );
    }
  });

  it.each(copies)("with echo: true a write of %s is answered by the second copy and not by the first", (_, question) => {
    const heard = listener();
    const framing = new RtuFraming(heard, true);
    const { ask, frame } = send(framing, 17, question);
    feed(framing, frame, [3]);
    expect(heard.answers).toEqual([]);
    expect(framing.inPlaceOfAnswer(ask)).toContain("came back once");
    feed(framing, frame, [5]);
    expect(heard.answers.map(({ pdu }) => pdu)).toEqual([question.pdu.toString("hex")]);
    expect(heard.echoes).toBe(1);
  });

  it.each(copies)(
    "without the option a write of %s is answered by the first copy, until a question has come back that can be told",
    (_, question) => {
      const heard = listener();
      const framing = new RtuFraming(heard);
      feed(framing, send(framing, 17, question).frame, []);
      expect(heard.answers).toHaveLength(1);
      feed(framing, Buffer.concat([send(framing, 17).frame, rtuAnswer(17, registers(1))]), []);
      expect(heard.answers).toHaveLength(2);
      const { ask, frame } = send(framing, 17, question);
      feed(framing, frame, []);
      expect(heard.answers).toHaveLength(2);
      expect(framing.inPlaceOfAnswer(ask)).toContain("set echo: true");
      feed(framing, frame, []);
      expect(heard.answers).toHaveLength(3);
      // A question that is answered without coming back says that the line repeats no more.
      send(framing, 17);
      feed(framing, rtuAnswer(17, registers(1)), []);
      feed(framing, send(framing, 17, question).frame, []);
      expect(heard.answers).toHaveLength(5);
    },
  );

  it("an echo that does not come, with echo: true, is not waited for where the answer can be told from it", () => {
    for (const [, question] of told) {
      const heard = listener();
      const framing = new RtuFraming(heard, true);
      send(framing, 17, question);
      feed(framing, rtuAnswer(17, rightAnswer(question)), [4]);
      expect(heard.answers).toHaveLength(1);
    }
    const heard = listener();
    const framing = new RtuFraming(heard, true);
    send(framing, 17, copies[0]![1]);
    feed(framing, rtuAnswer(17, Buffer.from([0x85, 2])), []);
    expect(heard.answers.map(({ pdu }) => pdu)).toEqual(["8502"]);
  });

  it("an answer spelled by the values that are written, while they come back, is no answer", () => {
    const heard = listener();
    const framing = new RtuFraming(heard, true);
    const spelled = rtuAnswer(17, Buffer.from([16, 0, 5, 0, 4]));
    const { frame } = send(framing, 17, writeRegisters(5, spelled));
    for (const byte of frame) framing.receive(Buffer.from([byte]), 1);
    expect(heard.answers).toEqual([]);
    feed(framing, spelled, []);
    expect(heard.answers).toHaveLength(1);
  });
});
