import type { Table } from "./address.ts";

/** Function codes this adapter speaks. */
export const functions = {
  readCoils: 1,
  readDiscrete: 2,
  readHolding: 3,
  readInput: 4,
  writeCoil: 5,
  writeRegister: 6,
  writeCoils: 15,
  writeRegisters: 16,
  maskRegister: 22,
  readWriteRegisters: 23,
  encapsulated: 43,
} as const;

export const readFunction: Readonly<Record<Table, number>> = { coil: 1, discrete: 2, holding: 3, input: 4 };

/** A request and the length of its right answer; 0 when the answer tells its own length. */
export interface Question {
  readonly pdu: Buffer;
  readonly answerLength: number;
}

export function readQuestion(table: Table, at: number, count: number): Question {
  const isBits = table === "coil" || table === "discrete";
  return { pdu: header(readFunction[table], at, count), answerLength: 2 + (isBits ? Math.ceil(count / 8) : count * 2) };
}

export function writeCoil(at: number, isOn: boolean): Question {
  return echoed(header(functions.writeCoil, at, isOn ? 0xff00 : 0));
}

export function writeRegister(at: number, bytes: Buffer): Question {
  return echoed(header(functions.writeRegister, at, bytes.readUInt16BE(0)));
}

export function writeCoils(at: number, values: readonly boolean[]): Question {
  const packed = Buffer.alloc(Math.ceil(values.length / 8));
  for (const [index, isOn] of values.entries()) if (isOn) packed[index >> 3]! |= 1 << (index & 7);
  return counted(functions.writeCoils, at, values.length, packed);
}

export function writeRegisters(at: number, bytes: Buffer): Question {
  return counted(functions.writeRegisters, at, bytes.length / 2, bytes);
}

/** Changes the bits of `set` to 1 and those of `clear` to 0, in the device, without a read of ours in between. */
export function maskRegister(at: number, set: number, clear: number): Question {
  const pdu = Buffer.alloc(7);
  header(functions.maskRegister, at, 0xffff & ~(set | clear)).copy(pdu);
  pdu.writeUInt16BE(set, 5);
  return echoed(pdu);
}

export function readWriteRegisters(readAt: number, readCount: number, writeAt: number, bytes: Buffer): Question {
  const pdu = Buffer.alloc(10 + bytes.length);
  header(functions.readWriteRegisters, readAt, readCount).copy(pdu);
  pdu.writeUInt16BE(writeAt, 5);
  pdu.writeUInt16BE(bytes.length / 2, 7);
  pdu[9] = bytes.length;
  bytes.copy(pdu, 10);
  return { pdu, answerLength: 2 + readCount * 2 };
}

/** Read Device Identification: level 1 basic, 2 regular; `from` is the object to go on with. */
export function identify(level: 1 | 2, from: number): Question {
  return { pdu: Buffer.from([functions.encapsulated, 0x0e, level, from]), answerLength: 0 };
}

export interface IdentityPage {
  readonly objects: ReadonlyMap<number, string>;
  /** The object to ask for next, when there are more. */
  readonly next?: number;
}

/** Undefined when the bytes are not an identification. */
export function parseIdentity(answer: Buffer): IdentityPage | undefined {
  if (answer.length < 7 || answer[0] !== functions.encapsulated || answer[1] !== 0x0e) return undefined;
  const objects = new Map<number, string>();
  let at = 7;
  for (let left = answer[6]!; left > 0; left--) {
    const length = answer[at + 1];
    if (length === undefined || at + 2 + length > answer.length) return undefined;
    objects.set(answer[at]!, answer.toString("latin1", at + 2, at + 2 + length).replace(/\0+$/, ""));
    at += 2 + length;
  }
  return { objects, ...(answer[4] === 0xff && { next: answer[5]! }) };
}

/** Whether an answer fits its question, byte for byte where the standard says so; exceptions are told apart before. */
export function fits(question: Question, bytes: Buffer, start: number, end: number): boolean {
  const { pdu, answerLength } = question;
  if (bytes[start] !== pdu[0]) return false;
  if (answerLength === 0) return true;
  if (end - start !== answerLength) return false;
  if (isRead(pdu[0]!)) return bytes[start + 1] === answerLength - 2;
  return pdu.compare(bytes, start, end, 0, answerLength) === 0;
}

/** Whether the bytes of the question itself would fit as its answer. */
export function isAnsweredByItself({ pdu, answerLength }: Question): boolean {
  return pdu.length === answerLength && fits({ pdu, answerLength }, pdu, 0, pdu.length);
}

/** Whether it only writes. */
export function isWrite({ pdu }: Question): boolean {
  return !isRead(pdu[0]!) && pdu[0] !== functions.encapsulated;
}

function isRead(code: number): boolean {
  return code <= 4 || code === functions.readWriteRegisters;
}

function header(code: number, first: number, second: number): Buffer {
  const pdu = Buffer.alloc(5);
  pdu[0] = code;
  pdu.writeUInt16BE(first, 1);
  pdu.writeUInt16BE(second, 3);
  return pdu;
}

function counted(code: number, at: number, count: number, bytes: Buffer): Question {
  const pdu = Buffer.concat([header(code, at, count), Buffer.from([bytes.length]), bytes]);
  return { pdu, answerLength: 5 };
}

/** Functions 5, 6 and 22 are answered with a copy of the request, 15 and 16 with its first five bytes. */
function echoed(pdu: Buffer): Question {
  return { pdu, answerLength: pdu.length };
}
