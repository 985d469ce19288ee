/** How a value lies in one or more 16-bit registers, or as a single bit. */
export type RegisterType = "u16" | "s16" | "u32" | "s32" | "u64" | "s64" | "f32" | "f64" | "bcd16" | "bcd32" | "string" | "bit";

/**
 * The order of the bytes of a value of several registers, named by where the bytes A (highest) to D go. For 64 bits the
 * same rule goes on: `cdab` turns the order of the words round, `badc` the bytes inside each word, `dcba` both.
 */
export type WordOrder = "abcd" | "cdab" | "badc" | "dcba";

/** 16-bit registers that a value takes; a string says its own length. */
export function registersOf(type: RegisterType, length = 1): number {
  if (type === "string") return length;
  if (type === "u64" || type === "s64" || type === "f64") return 4;
  return type === "u32" || type === "s32" || type === "f32" || type === "bcd32" ? 2 : 1;
}

/** Writes a raw (unscaled) value at a byte offset. */
export function encodeValue(bytes: Buffer, at: number, type: RegisterType, order: WordOrder, value: number | string, length = 1): void {
  const size = registersOf(type, length) * 2;
  if (type === "string") {
    bytes.fill(0, at, at + size);
    bytes.write(String(value).slice(0, size), at, "latin1");
    return;
  }
  encodeNumber(bytes, at, type, Number(value));
  reorder(bytes, at, size, order);
}

/** Reads a raw (unscaled) value; null when the registers hold no such value (a BCD digit above nine). */
export function decodeValue(bytes: Buffer, at: number, type: RegisterType, order: WordOrder, length = 1): number | string | null {
  const size = registersOf(type, length) * 2;
  if (type === "string") return bytes.toString("latin1", at, at + size).replace(/\0+$/, "");
  const copy = Buffer.from(bytes.subarray(at, at + size));
  reorder(copy, 0, size, order);
  return decodeNumber(copy, type);
}

function encodeNumber(bytes: Buffer, at: number, type: RegisterType, value: number): void {
  const whole = Math.round(value);
  switch (type) {
    case "f32":
      bytes.writeFloatBE(value, at);
      return;
    case "f64":
      bytes.writeDoubleBE(value, at);
      return;
    case "s16":
      bytes.writeInt16BE(within(whole, -0x8000, 0x7fff), at);
      return;
    case "s32":
      bytes.writeInt32BE(within(whole, -0x8000_0000, 0x7fff_ffff), at);
      return;
    case "u32":
      bytes.writeUInt32BE(within(whole, 0, 0xffff_ffff), at);
      return;
    case "u64":
      bytes.writeBigUInt64BE(BigInt(Math.max(0, whole)), at);
      return;
    case "s64":
      bytes.writeBigInt64BE(BigInt(whole), at);
      return;
    case "bcd16":
      bytes.writeUInt16BE(toBcd(within(whole, 0, 9999)), at);
      return;
    case "bcd32":
      bytes.writeUInt32BE(toBcd(within(whole, 0, 99_999_999)), at);
      return;
    default:
      bytes.writeUInt16BE(within(whole, 0, 0xffff), at);
  }
}

function decodeNumber(bytes: Buffer, type: RegisterType): number | null {
  switch (type) {
    case "f32":
      return bytes.readFloatBE(0);
    case "f64":
      return bytes.readDoubleBE(0);
    case "s16":
      return bytes.readInt16BE(0);
    case "s32":
      return bytes.readInt32BE(0);
    case "u32":
      return bytes.readUInt32BE(0);
    case "u64":
      return Number(bytes.readBigUInt64BE(0));
    case "s64":
      return Number(bytes.readBigInt64BE(0));
    case "bcd16":
      return fromBcd(bytes.readUInt16BE(0));
    case "bcd32":
      return fromBcd(bytes.readUInt32BE(0));
    default:
      return bytes.readUInt16BE(0);
  }
}

/** Turns bytes as written (ABCD) into the order of the device and, being its own inverse, back. */
function reorder(bytes: Buffer, at: number, size: number, order: WordOrder): void {
  if (size > 2 && (order === "cdab" || order === "dcba")) {
    for (let low = at, high = at + size - 2; low < high; low += 2, high -= 2) {
      swap(bytes, low, high);
      swap(bytes, low + 1, high + 1);
    }
  }
  if (order === "badc" || order === "dcba") {
    for (let word = at; word < at + size; word += 2) swap(bytes, word, word + 1);
  }
}

function swap(bytes: Buffer, one: number, other: number): void {
  const kept = bytes[one] ?? 0;
  bytes[one] = bytes[other] ?? 0;
  bytes[other] = kept;
}

function within(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.min(high, Math.max(low, value));
}

function toBcd(value: number): number {
  return Number.parseInt(String(value), 16);
}

function fromBcd(word: number): number | null {
  const digits = word.toString(16);
  return /^\d+$/.test(digits) ? Number(digits) : null;
}
