import { decodeCharacterString } from "@bacnet-js/client/dist/lib/asn1.js";
import { Malformed } from "./malformed.ts";
import type { BacnetValue, ObjectId, RawDate, RawTime } from "./value.ts";

/** The content of an application tag as a value. Lengths of the content are checked here, its place by the reader. */
export function applicationValue(bytes: Buffer, tag: number, at: number, length: number): BacnetValue {
  switch (tag) {
    case 0:
      if (length !== 0) throw new Malformed("a null with content");
      return { type: "null" };
    case 1:
      return { type: "boolean", value: length !== 0 };
    case 2:
      return { type: "unsigned", value: unsignedOf(bytes, at, length) };
    case 3:
      return { type: "signed", value: signedOf(bytes, at, length) };
    case 4:
      return { type: "real", value: realOf(bytes, at, length) };
    case 5:
      if (length !== 8) throw new Malformed(`a double of ${length} octets`);
      return { type: "double", value: bytes.readDoubleBE(at) };
    case 6:
      return { type: "octets", value: Uint8Array.from(bytes.subarray(at, at + length)) };
    case 7:
      return { type: "text", value: textOf(bytes, at, length) };
    case 8:
      return { type: "bits", value: bitsOf(bytes, at, length) };
    case 9:
      return { type: "enumerated", value: safeUnsigned(bytes, at, length) };
    case 10:
      return { type: "date", value: dateOf(bytes, at, length) };
    case 11:
      return { type: "time", value: timeOf(bytes, at, length) };
    case 12:
      return { type: "object", value: objectOf(bytes, at, length) };
    default:
      throw new Malformed(`application tag ${tag} is reserved`);
  }
}

export function safeUnsigned(bytes: Buffer, at: number, length: number): number {
  const value = unsignedOf(bytes, at, length);
  if (typeof value === "bigint") throw new Malformed("a number beyond 2^53 where a small one belongs");
  return value;
}

/** Up to eight octets; what a double cannot hold exactly comes back as a bigint. */
function unsignedOf(bytes: Buffer, at: number, length: number): number | bigint {
  if (length < 1 || length > 8) throw new Malformed(`an unsigned of ${length} octets`);
  if (length <= 6) return bytes.readUIntBE(at, length);
  let value = 0n;
  for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(bytes[at + i]!);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

export function signedOf(bytes: Buffer, at: number, length: number): number | bigint {
  if (length < 1 || length > 8) throw new Malformed(`a signed of ${length} octets`);
  if (length <= 6) return bytes.readIntBE(at, length);
  let value = 0n;
  for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(bytes[at + i]!);
  const signed = BigInt.asIntN(length * 8, value);
  return signed >= BigInt(Number.MIN_SAFE_INTEGER) && signed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(signed) : signed;
}

export function realOf(bytes: Buffer, at: number, length: number): number {
  if (length !== 4) throw new Malformed(`a real of ${length} octets`);
  return bytes.readFloatBE(at);
}

export function textOf(bytes: Buffer, at: number, length: number): string {
  if (length < 1) throw new Malformed("a text without its character set");
  const set = bytes[at];
  if (set === 0) return bytes.toString("utf8", at + 1, at + length);
  if (set === 5) return bytes.toString("latin1", at + 1, at + length);
  // UCS-4 is the one set the library does not know; the others need its tables. DBCS carries a code page in two octets.
  if (set === 3) return ucs4(bytes, at + 1, length - 1);
  if (set === 1 && length >= 3) {
    return decodeCharacterString(Buffer.concat([Buffer.of(1), bytes.subarray(at + 3, at + length)]), 0, length, length - 2).value;
  }
  return decodeCharacterString(bytes, at, length, length).value;
}

function ucs4(bytes: Buffer, at: number, length: number): string {
  let value = "";
  for (let i = at; i + 4 <= at + length; i += 4) {
    const point = bytes.readUInt32BE(i);
    value += point <= 0x10_ffff ? String.fromCodePoint(point) : "\ufffd";
  }
  return value;
}

export function bitsOf(bytes: Buffer, at: number, length: number): readonly boolean[] {
  if (length < 1) throw new Malformed("a bit string without its first octet");
  const unused = bytes[at]!;
  const count = (length - 1) * 8 - unused;
  if (unused > 7 || count < 0) throw new Malformed(`a bit string with ${unused} unused bits in ${length - 1} octets`);
  const bits: boolean[] = [];
  for (let i = 0; i < count; i++) bits.push((bytes[at + 1 + (i >> 3)]! & (0x80 >> (i & 7))) !== 0);
  return bits;
}

export function dateOf(bytes: Buffer, at: number, length: number): RawDate {
  if (length !== 4) throw new Malformed(`a date of ${length} octets`);
  const [year, month, day, weekday] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  return {
    ...(year !== 0xff && { year: 1900 + year }),
    ...(month !== 0xff && { month }),
    ...(day !== 0xff && { day }),
    ...(weekday !== 0xff && { weekday }),
  };
}

export function timeOf(bytes: Buffer, at: number, length: number): RawTime {
  if (length !== 4) throw new Malformed(`a time of ${length} octets`);
  const [hour, minute, second, hundredths] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  return {
    ...(hour !== 0xff && { hour }),
    ...(minute !== 0xff && { minute }),
    ...(second !== 0xff && { second }),
    ...(hundredths !== 0xff && { hundredths }),
  };
}

export function objectOf(bytes: Buffer, at: number, length: number): ObjectId {
  if (length !== 4) throw new Malformed(`an object identifier of ${length} octets`);
  const raw = bytes.readUInt32BE(at);
  return { type: raw >>> 22, instance: raw & 0x3f_ffff };
}
