import { functions } from "../pdu.ts";
import type { RegisterImage, Refusal, WantedWrite } from "./image.ts";

/** Says whether the desk took every one of the writes; an exception number otherwise. */
export type TakeWrites = (writes: readonly WantedWrite[]) => Refusal | undefined;

const identity: readonly string[] = ["Plainview", "gateway", "1"];

/** The answer to one request's PDU. Never throws, whatever the bytes are. */
export function answerRequest(pdu: Buffer, image: RegisterImage, take: TakeWrites): Buffer {
  const code = pdu[0] ?? 0;
  const answer = respond(code, pdu, image, take);
  return typeof answer === "number" ? Buffer.from([code | 0x80, answer]) : answer;
}

function respond(code: number, pdu: Buffer, image: RegisterImage, take: TakeWrites): Buffer | Refusal {
  if (code === functions.encapsulated) return identification(pdu);
  if (![1, 2, 3, 4, 5, 6, 15, 16, 23].includes(code)) return 1;
  if (pdu.length < 5) return 3;
  const at = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  switch (code) {
    case functions.readCoils:
    case functions.readDiscrete:
      return count < 1 || count > 2000 ? 3 : bits(code, image.readBits(code === functions.readCoils ? "coil" : "discrete", at, count));
    case functions.readHolding:
    case functions.readInput:
      return count < 1 || count > 125
        ? 3
        : registers(code, image.readRegisters(code === functions.readHolding ? "holding" : "input", at, count));
    case functions.writeCoil:
      if (pdu.length !== 5 || (count !== 0 && count !== 0xff00)) return 3;
      return taken(image.writeBits(at, [count !== 0]), take, pdu);
    case functions.writeRegister:
      return pdu.length !== 5 ? 3 : taken(image.writeRegisters(at, pdu.subarray(3, 5)), take, pdu);
    case functions.writeCoils:
      if (count < 1 || count > 1968 || pdu[5] !== Math.ceil(count / 8) || pdu.length !== 6 + pdu[5]) return 3;
      return taken(image.writeBits(at, unpack(pdu, count)), take, pdu.subarray(0, 5));
    case functions.writeRegisters:
      if (count < 1 || count > 123 || pdu[5] !== count * 2 || pdu.length !== 6 + pdu[5]) return 3;
      return taken(image.writeRegisters(at, pdu.subarray(6)), take, pdu.subarray(0, 5));
    default:
      return readWrite(pdu, at, count, image, take);
  }
}

function readWrite(pdu: Buffer, readAt: number, readCount: number, image: RegisterImage, take: TakeWrites): Buffer | Refusal {
  if (pdu.length < 10) return 3;
  const count = pdu.readUInt16BE(7);
  if (readCount < 1 || readCount > 125 || count < 1 || count > 121 || pdu[9] !== count * 2 || pdu.length !== 10 + pdu[9]) return 3;
  const refused = taken(image.writeRegisters(pdu.readUInt16BE(5), pdu.subarray(10)), take, pdu);
  return typeof refused === "number" ? refused : registers(functions.readWriteRegisters, image.readRegisters("holding", readAt, readCount));
}

function taken(writes: readonly WantedWrite[] | Refusal, take: TakeWrites, echo: Buffer): Buffer | Refusal {
  return isRefusal(writes) ? writes : (take(writes) ?? Buffer.from(echo));
}

function isRefusal(outcome: readonly unknown[] | Buffer | Refusal): outcome is Refusal {
  return typeof outcome === "number";
}

function bits(code: number, values: readonly boolean[] | Refusal): Buffer | Refusal {
  if (isRefusal(values)) return values;
  const answer = Buffer.alloc(2 + Math.ceil(values.length / 8));
  answer[0] = code;
  answer[1] = answer.length - 2;
  for (const [index, isOn] of values.entries()) if (isOn) answer[2 + (index >> 3)]! |= 1 << (index & 7);
  return answer;
}

function registers(code: number, values: Buffer | Refusal): Buffer | Refusal {
  return isRefusal(values) ? values : Buffer.concat([Buffer.from([code, values.length]), values]);
}

function unpack(pdu: Buffer, count: number): readonly boolean[] {
  return Array.from({ length: count }, (_, index) => ((pdu[6 + (index >> 3)]! >> (index & 7)) & 1) === 1);
}

/** Read Device Identification, the basic three. */
function identification(pdu: Buffer): Buffer | Refusal {
  if (pdu.length !== 4 || pdu[1] !== 0x0e) return 1;
  const level = pdu[2]!;
  const from = pdu[3]!;
  if (level < 1 || level > 4) return 3;
  if (level === 4 && from >= identity.length) return 2;
  const last = level === 4 ? from + 1 : identity.length;
  const objects = identity.slice(from, last).flatMap((text, index) => [from + index, text.length, ...Buffer.from(text)]);
  const shown = Math.max(0, Math.min(last, identity.length) - from);
  return Buffer.from([functions.encapsulated, 0x0e, level, 0x81, 0, 0, shown, ...objects]);
}
