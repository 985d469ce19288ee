import { identify } from "./identify.ts";
import type { ModbusUnit } from "./unit.ts";

export const exceptions = {
  illegalFunction: 1,
  illegalAddress: 2,
  illegalValue: 3,
  deviceFailure: 4,
  busy: 6,
  gatewayNoResponse: 11,
} as const;

/** A PDU is at most 253 bytes, so an answer never needs more room than this. */
export const pduLimit = 253;

/**
 * Answers one request PDU (`request` from `at`, `length` bytes) into `out` at `to` and returns how many bytes it wrote.
 * Everything the Modbus application protocol can say about a request is said here; sockets and frames are elsewhere.
 */
export function answer(unit: ModbusUnit, request: Buffer, at: number, length: number, out: Buffer, to: number): number {
  const functionCode = request[at] ?? 0;
  const code = respond(unit, functionCode, request.subarray(at, at + length), out, to);
  return code < 0 ? refuse(functionCode, -code, out, to) : code;
}

/** Writes an exception answer. */
export function refuse(functionCode: number, exception: number, out: Buffer, to: number): number {
  out[to] = functionCode | 0x80;
  out[to + 1] = exception;
  return 2;
}

/** The length of the answer, or the exception code as a negative number. */
function respond(unit: ModbusUnit, functionCode: number, pdu: Buffer, out: Buffer, to: number): number {
  switch (functionCode) {
    case 1:
      return readBits(unit, "coil", pdu, out, to);
    case 2:
      return readBits(unit, "discrete", pdu, out, to);
    case 3:
      return pdu.length === 5 ? readRegisters(unit, "holding", 3, pdu.readUInt16BE(1), pdu.readUInt16BE(3), out, to) : -3;
    case 4:
      return pdu.length === 5 ? readRegisters(unit, "input", 4, pdu.readUInt16BE(1), pdu.readUInt16BE(3), out, to) : -3;
    case 5:
      return writeCoil(unit, pdu, out, to);
    case 6:
      return pdu.length === 5 ? writeAndEcho(unit, pdu.readUInt16BE(1), pdu.subarray(3, 5), pdu, out, to) : -3;
    case 15:
      return writeCoils(unit, pdu, out, to);
    case 16:
      return writeRegisters(unit, pdu, out, to);
    case 22:
      return maskRegister(unit, pdu, out, to);
    case 23:
      return readWrite(unit, pdu, out, to);
    case 43:
      return identify(unit.identity, pdu, out, to);
    default:
      return -exceptions.illegalFunction;
  }
}

function readRegisters(
  unit: ModbusUnit,
  table: "input" | "holding",
  code: number,
  start: number,
  quantity: number,
  out: Buffer,
  to: number,
): number {
  if (quantity < 1 || quantity > unit.maxReadRegisters) return -exceptions.illegalValue;
  if (!unit.bank.covers(table, start, quantity)) return -exceptions.illegalAddress;
  unit.beforeRead(table, start, quantity);
  const bytes = 2 * quantity;
  out[to] = code;
  out[to + 1] = bytes;
  unit.bank.registers(table).copy(out, to + 2, 2 * start, 2 * start + bytes);
  unit.handedOver(table, start, quantity, out, to + 2, to + 2 + bytes);
  return 2 + bytes;
}

function readBits(unit: ModbusUnit, table: "coil" | "discrete", pdu: Buffer, out: Buffer, to: number): number {
  if (pdu.length !== 5) return -exceptions.illegalValue;
  const start = pdu.readUInt16BE(1);
  const quantity = pdu.readUInt16BE(3);
  if (quantity < 1 || quantity > 2000) return -exceptions.illegalValue;
  if (!unit.bank.covers(table, start, quantity)) return -exceptions.illegalAddress;
  unit.beforeRead(table, start, quantity);
  const bytes = (quantity + 7) >> 3;
  out[to] = pdu[0] ?? 0;
  out[to + 1] = bytes;
  out.fill(0, to + 2, to + 2 + bytes);
  const bits = unit.bank.bits(table);
  for (let bit = 0; bit < quantity; bit++) {
    if (bits[start + bit] === 1) out[to + 2 + (bit >> 3)]! |= 1 << (bit & 7);
  }
  unit.handedOver(table, start, quantity, out, to + 2, to + 2 + bytes);
  return 2 + bytes;
}

function writeCoil(unit: ModbusUnit, pdu: Buffer, out: Buffer, to: number): number {
  if (pdu.length !== 5) return -exceptions.illegalValue;
  const word = pdu.readUInt16BE(3);
  if (word !== 0 && word !== 0xff00) return -exceptions.illegalValue;
  return take(unit, "coil", pdu.readUInt16BE(1), 1, Buffer.from([word === 0 ? 0 : 1])) || echo(pdu, 5, out, to);
}

function writeCoils(unit: ModbusUnit, pdu: Buffer, out: Buffer, to: number): number {
  if (pdu.length < 7) return -exceptions.illegalValue;
  const quantity = pdu.readUInt16BE(3);
  const bytes = (quantity + 7) >> 3;
  if (quantity < 1 || quantity > 1968 || pdu[5] !== bytes || pdu.length !== 6 + bytes) return -exceptions.illegalValue;
  const bits = Buffer.alloc(quantity);
  for (let bit = 0; bit < quantity; bit++) bits[bit] = ((pdu[6 + (bit >> 3)] ?? 0) >> (bit & 7)) & 1;
  return take(unit, "coil", pdu.readUInt16BE(1), quantity, bits) || echo(pdu, 5, out, to);
}

function writeRegisters(unit: ModbusUnit, pdu: Buffer, out: Buffer, to: number): number {
  if (pdu.length < 8) return -exceptions.illegalValue;
  const quantity = pdu.readUInt16BE(3);
  if (quantity < 1 || quantity > 123 || pdu[5] !== 2 * quantity || pdu.length !== 6 + 2 * quantity) return -exceptions.illegalValue;
  return writeAndEcho(unit, pdu.readUInt16BE(1), pdu.subarray(6), pdu, out, to);
}

function maskRegister(unit: ModbusUnit, pdu: Buffer, out: Buffer, to: number): number {
  if (pdu.length !== 7) return -exceptions.illegalValue;
  const start = pdu.readUInt16BE(1);
  if (!unit.bank.covers("holding", start, 1)) return -exceptions.illegalAddress;
  const and = pdu.readUInt16BE(3);
  const or = pdu.readUInt16BE(5);
  const word = Buffer.alloc(2);
  word.writeUInt16BE((unit.bank.holdings.readUInt16BE(2 * start) & and) | (or & ~and & 0xffff));
  return take(unit, "holding", start, 1, word) || echo(pdu, 7, out, to);
}

/** FC 23 writes first and reads afterwards, in one transaction. */
function readWrite(unit: ModbusUnit, pdu: Buffer, out: Buffer, to: number): number {
  if (pdu.length < 12) return -exceptions.illegalValue;
  const quantity = pdu.readUInt16BE(7);
  if (quantity < 1 || quantity > 121 || pdu[9] !== 2 * quantity || pdu.length !== 10 + 2 * quantity) return -exceptions.illegalValue;
  const readStart = pdu.readUInt16BE(1);
  const readQuantity = pdu.readUInt16BE(3);
  if (readQuantity < 1 || readQuantity > unit.maxReadRegisters) return -exceptions.illegalValue;
  if (!unit.bank.covers("holding", readStart, readQuantity)) return -exceptions.illegalAddress;
  const refused = take(unit, "holding", pdu.readUInt16BE(5), quantity, pdu.subarray(10));
  return refused || readRegisters(unit, "holding", 23, readStart, readQuantity, out, to);
}

function writeAndEcho(unit: ModbusUnit, start: number, bytes: Buffer, pdu: Buffer, out: Buffer, to: number): number {
  return take(unit, "holding", start, bytes.length / 2, bytes) || echo(pdu, 5, out, to);
}

function take(unit: ModbusUnit, table: "coil" | "holding", start: number, quantity: number, bytes: Buffer): number {
  if (!unit.bank.covers(table, start, quantity)) return -exceptions.illegalAddress;
  return -unit.take(table, start, bytes);
}

function echo(pdu: Buffer, length: number, out: Buffer, to: number): number {
  pdu.copy(out, to, 0, length);
  return length;
}
