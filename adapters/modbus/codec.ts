import type { Reading } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import { widthOf, type Address, type Order } from "./address.ts";

/** How one value lies in the bytes of an answer, worked out once when the plan is made. */
export interface Shape {
  readonly address: Address;
  readonly order: Order;
  readonly kind: PointKind;
  readonly bytes: number;
}

export function shapeOf(address: Address, order: Order, kind: PointKind): Shape {
  return { address, order: address.order ?? order, kind, bytes: widthOf(address) * 2 };
}

const yes: Reading = Object.freeze({ raw: true, quality: quality.good });
const no: Reading = Object.freeze({ raw: false, quality: quality.good });

/** A coil, a discrete input, or a bit of a register. */
export function bitReading(isSet: boolean, kind: PointKind): Reading {
  if (kind === "boolean") return isSet ? yes : no;
  return { raw: isSet ? 1 : 0, quality: quality.good };
}

/** Turns register bytes into readings. Holds a scratch buffer for re-ordering, so there is one for each connection. */
export class RegisterDecoder {
  private readonly scratch = Buffer.alloc(8);

  /** `at` is where the value's first register starts in `bytes`. */
  decode(shape: Shape, bytes: Buffer, at: number): Reading {
    const { address, order, kind } = shape;
    switch (address.type) {
      case "bit":
        return bitReading(((this.word(bytes, at, order) >> (address.bit ?? 0)) & 1) === 1, kind);
      case "u16":
        return number(this.word(bytes, at, order), kind);
      case "s16":
        return number((this.word(bytes, at, order) << 16) >> 16, kind);
      case "bcd16":
        return decimal(this.word(bytes, at, order), 4, kind);
      case "string":
        return text(bytes.subarray(at, at + shape.bytes), address.bytes ?? 0, order);
      default:
        return order === "abcd" ? wide(address.type, bytes, at, kind) : wide(address.type, this.inOrder(bytes, at, shape), 0, kind);
    }
  }

  private word(bytes: Buffer, at: number, order: Order): number {
    return swapsBytes(order) ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
  }

  private inOrder(bytes: Buffer, at: number, shape: Shape): Buffer {
    permute(bytes, at, this.scratch, 0, shape.bytes, shape.order);
    return this.scratch;
  }
}

function wide(
  type: Exclude<Address["type"], "bit" | "u16" | "s16" | "bcd16" | "string">,
  bytes: Buffer,
  at: number,
  kind: PointKind,
): Reading {
  switch (type) {
    case "u32":
      return number(bytes.readUInt32BE(at), kind);
    case "s32":
      return number(bytes.readInt32BE(at), kind);
    case "f32":
      return real(bytes.readFloatBE(at), kind);
    case "f64":
      return real(bytes.readDoubleBE(at), kind);
    case "bcd32":
      return decimal(bytes.readUInt32BE(at), 8, kind);
    case "u64":
      return whole(bytes.readBigUInt64BE(at), kind);
    case "s64":
      return whole(bytes.readBigInt64BE(at), kind);
  }
}

function number(raw: number, kind: PointKind): Reading {
  return kind === "boolean" ? bitReading(raw !== 0, kind) : { raw, quality: quality.good };
}

function real(raw: number, kind: PointKind): Reading {
  if (Number.isFinite(raw)) return number(raw, kind);
  return { raw: null, quality: quality.badDevice, reason: `the device says ${raw}, which is its way of having no value` };
}

/** Integers beyond 2^53 travel as decimal strings. */
function whole(raw: bigint, kind: PointKind): Reading {
  const exact = raw >= BigInt(Number.MIN_SAFE_INTEGER) && raw <= BigInt(Number.MAX_SAFE_INTEGER);
  return exact ? number(Number(raw), kind) : { raw: raw.toString(), quality: quality.good };
}

function decimal(raw: number, digits: number, kind: PointKind): Reading {
  const hex = raw.toString(16);
  if (/^\d+$/.test(hex)) return number(Number(hex), kind);
  return { raw: null, quality: quality.badDevice, reason: `0x${hex.padStart(digits, "0")} is not a binary coded decimal` };
}

function text(bytes: Buffer, length: number, order: Order): Reading {
  const ordered = swapsBytes(order) ? Buffer.from(bytes).swap16() : bytes;
  const whole = ordered.toString("latin1", 0, length);
  const end = whole.indexOf("\0");
  return { raw: (end < 0 ? whole : whole.slice(0, end)).trimEnd(), quality: quality.good };
}

/** The bytes to write for a value, in wire order, or why it does not fit. */
export function encode(shape: Shape, value: Value): Buffer | string {
  const { address, order } = shape;
  if (address.type === "string") return encodeText(String(value), address.bytes ?? 0, order);
  const plain = Buffer.alloc(shape.bytes);
  const problem = put(address.type, plain, value);
  if (problem !== undefined) return problem;
  const ordered = Buffer.alloc(shape.bytes);
  permute(plain, 0, ordered, 0, shape.bytes, order);
  return ordered;
}

const integers = {
  u16: [0, 65_535],
  s16: [-32_768, 32_767],
  u32: [0, 4_294_967_295],
  s32: [-2_147_483_648, 2_147_483_647],
  bcd16: [0, 9_999],
  bcd32: [0, 99_999_999],
} as const;

function put(type: Exclude<Address["type"], "string">, into: Buffer, value: Value): string | undefined {
  if (type === "bit") return "a bit is written with a mask, not with a register";
  if (type === "u64" || type === "s64") return putLong(type, into, value);
  const numeric = typeof value === "boolean" ? Number(value) : typeof value === "number" ? value : Number.NaN;
  if (!Number.isFinite(numeric)) return `${JSON.stringify(value)} is not a number`;
  if (type === "f64") return void into.writeDoubleBE(numeric);
  if (type === "f32") {
    if (!Number.isFinite(Math.fround(numeric))) return `${numeric} is too large for 32 bits`;
    return void into.writeFloatBE(numeric);
  }
  const [least, most] = integers[type];
  if (!Number.isInteger(numeric)) return `${numeric} is not a whole number, as ${type} needs`;
  if (numeric < least || numeric > most) return `${numeric} is outside ${least} to ${most}, which is what ${type} holds`;
  const bits = type === "bcd16" || type === "bcd32" ? Number.parseInt(String(numeric), 16) : numeric;
  if (into.length === 2) into.writeUInt16BE(bits & 0xffff);
  else into.writeUInt32BE(bits >>> 0);
  return undefined;
}

function putLong(type: "u64" | "s64", into: Buffer, value: Value): string | undefined {
  const digits = String(value);
  if (!/^-?\d{1,20}$/.test(digits)) return `${JSON.stringify(value)} is not a whole number, as ${type} needs`;
  const exact = BigInt(digits);
  const fits = type === "u64" ? BigInt.asUintN(64, exact) === exact : BigInt.asIntN(64, exact) === exact;
  if (!fits) return `${digits} does not fit ${type}`;
  if (type === "u64") into.writeBigUInt64BE(exact);
  else into.writeBigInt64BE(exact);
  return undefined;
}

function encodeText(value: string, length: number, order: Order): Buffer | string {
  const plain = Buffer.from(value, "latin1");
  if (plain.toString("latin1") !== value) return "a Modbus string holds Latin-1 characters only";
  if (plain.length > length) return `${plain.length} characters do not fit the ${length} bytes of this string`;
  const padded = Buffer.alloc(Math.ceil(length / 2) * 2);
  plain.copy(padded);
  return swapsBytes(order) ? padded.swap16() : padded;
}

function swapsBytes(order: Order): boolean {
  return order === "badc" || order === "dcba";
}

/** From wire order to big-endian, or back: each of the four orders undoes itself. */
function permute(from: Buffer, at: number, to: Buffer, toAt: number, bytes: number, order: Order): void {
  const swapsWords = order === "cdab" || order === "dcba";
  const inWord = swapsBytes(order) ? 1 : 0;
  for (let index = 0; index < bytes; index++) {
    const word = index & ~1;
    const source = (swapsWords ? bytes - 2 - word : word) + ((index & 1) ^ inWord);
    to[toAt + index] = from[at + source]!;
  }
}
