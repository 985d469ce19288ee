import type { BacnetValue, ObjectId, RawDate, RawTime } from "./value.ts";

/** Writes tagged data into one growing buffer; `bytes()` is what was written so far. */
export class TagWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#at;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  byte(value: number): this {
    this.#room(1);
    this.#buffer[this.#at++] = value;
    return this;
  }

  open(tag: number): this {
    return this.#bracket(tag, 0x0e);
  }

  close(tag: number): this {
    return this.#bracket(tag, 0x0f);
  }

  contextUnsigned(tag: number, value: number | bigint): this {
    const length = unsignedLength(value);
    this.#header(tag, true, length);
    return this.#unsigned(value, length);
  }

  contextSigned(tag: number, value: number): this {
    const length = signedLength(value);
    this.#header(tag, true, length);
    return this.#signed(value, length);
  }

  contextBoolean(tag: number, value: boolean): this {
    return this.contextUnsigned(tag, value ? 1 : 0);
  }

  contextReal(tag: number, value: number): this {
    this.#header(tag, true, 4);
    return this.#float(value);
  }

  contextObject(tag: number, id: ObjectId): this {
    this.#header(tag, true, 4);
    return this.#object(id);
  }

  contextText(tag: number, value: string): this {
    return this.#text(tag, true, value);
  }

  contextBits(tag: number, value: readonly boolean[]): this {
    return this.#bits(tag, true, value);
  }

  contextDate(tag: number, value: RawDate): this {
    this.#header(tag, true, 4);
    return this.#date(value);
  }

  contextTime(tag: number, value: RawTime): this {
    this.#header(tag, true, 4);
    return this.#time(value);
  }

  contextOctets(tag: number, value: Uint8Array): this {
    this.#header(tag, true, value.length);
    return this.raw(value);
  }

  values(values: readonly BacnetValue[]): this {
    for (const value of values) this.value(value);
    return this;
  }

  value(value: BacnetValue): this {
    switch (value.type) {
      case "null":
        return this.byte(0);
      case "boolean":
        return this.byte(value.value ? 0x11 : 0x10);
      case "unsigned": {
        const length = unsignedLength(value.value);
        this.#header(2, false, length);
        return this.#unsigned(value.value, length);
      }
      case "signed": {
        const length = signedLength(value.value);
        this.#header(3, false, length);
        return this.#signed(value.value, length);
      }
      case "real":
        this.#header(4, false, 4);
        return this.#float(value.value);
      case "double":
        this.#header(5, false, 8);
        this.#room(8);
        this.#at = this.#buffer.writeDoubleBE(value.value, this.#at);
        return this;
      case "octets":
        this.#header(6, false, value.value.length);
        return this.raw(value.value);
      case "text":
        return this.#text(7, false, value.value);
      case "bits":
        return this.#bits(8, false, value.value);
      case "enumerated": {
        const length = unsignedLength(value.value);
        this.#header(9, false, length);
        return this.#unsigned(value.value, length);
      }
      case "date":
        this.#header(10, false, 4);
        return this.#date(value.value);
      case "time":
        this.#header(11, false, 4);
        return this.#time(value.value);
      case "object":
        this.#header(12, false, 4);
        return this.#object(value.value);
      case "context":
        return this.contextOctets(value.tag, value.value);
      case "group":
        return this.open(value.tag).values(value.items).close(value.tag);
    }
  }

  #bracket(tag: number, low: number): this {
    if (tag <= 14) return this.byte((tag << 4) | low);
    return this.byte(0xf0 | low).byte(tag);
  }

  #header(tag: number, context: boolean, length: number): void {
    const low = Math.min(length, 5) | (context ? 0x08 : 0);
    if (tag <= 14) this.byte((tag << 4) | low);
    else this.byte(0xf0 | low).byte(tag);
    if (length < 5) return;
    if (length <= 253) this.byte(length);
    else if (length <= 0xffff) this.byte(254).#unsigned(length, 2);
    else this.byte(255).#unsigned(length, 4);
  }

  #unsigned(value: number | bigint, length: number): this {
    this.#room(length);
    if (typeof value === "number" && length <= 6) this.#at = this.#buffer.writeUIntBE(value, this.#at, length);
    else {
      const big = BigInt(value);
      for (let i = length - 1; i >= 0; i--) this.#buffer[this.#at++] = Number((big >> BigInt(8 * i)) & 0xffn);
    }
    return this;
  }

  #signed(value: number | bigint, length: number): this {
    if (typeof value === "number" && length <= 6) {
      this.#room(length);
      this.#at = this.#buffer.writeIntBE(value, this.#at, length);
      return this;
    }
    return this.#unsigned(BigInt.asUintN(8 * length, BigInt(value)), length);
  }

  #float(value: number): this {
    this.#room(4);
    this.#at = this.#buffer.writeFloatBE(value, this.#at);
    return this;
  }

  #object(id: ObjectId): this {
    this.#room(4);
    this.#at = this.#buffer.writeUInt32BE(((id.type << 22) | (id.instance & 0x3f_ffff)) >>> 0, this.#at);
    return this;
  }

  #text(tag: number, context: boolean, value: string): this {
    const length = Buffer.byteLength(value, "utf8");
    this.#header(tag, context, length + 1);
    this.byte(0).#room(length);
    this.#at += this.#buffer.write(value, this.#at, "utf8");
    return this;
  }

  #bits(tag: number, context: boolean, value: readonly boolean[]): this {
    const octets = Math.ceil(value.length / 8);
    this.#header(tag, context, octets + 1);
    this.byte(octets * 8 - value.length);
    for (let i = 0; i < octets; i++) {
      let octet = 0;
      for (let bit = 0; bit < 8; bit++) if (value[i * 8 + bit] === true) octet |= 0x80 >> bit;
      this.byte(octet);
    }
    return this;
  }

  #date(value: RawDate): this {
    const year = value.year === undefined ? 0xff : value.year - 1900;
    return this.byte(year)
      .byte(value.month ?? 0xff)
      .byte(value.day ?? 0xff)
      .byte(value.weekday ?? 0xff);
  }

  #time(value: RawTime): this {
    return this.byte(value.hour ?? 0xff)
      .byte(value.minute ?? 0xff)
      .byte(value.second ?? 0xff)
      .byte(value.hundredths ?? 0xff);
  }

  #room(more: number): void {
    if (this.#at + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + more));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

function unsignedLength(value: number | bigint): number {
  let length = 1;
  if (typeof value === "number" && value <= 0xffff_ffff) {
    while (length < 4 && value >= 2 ** (8 * length)) length++;
    return length;
  }
  const big = BigInt(value);
  while (length < 8 && big >= 1n << BigInt(8 * length)) length++;
  return length;
}

function signedLength(value: number | bigint): number {
  const big = BigInt(value);
  let length = 1;
  while (length < 8 && BigInt.asIntN(8 * length, big) !== big) length++;
  return length;
}
