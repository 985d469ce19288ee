import { require } from "./malformed.ts";
import { guidBytes, type Guid } from "./guid.ts";
import { writeLocator, type Locator } from "./locator.ts";

/** Parameter ids we read or write (DDSI-RTPS 9.6.3 and DDS-RPC 7.8.2). */
export const pids = {
  pad: 0x00,
  sentinel: 0x01,
  participantLease: 0x02,
  topicName: 0x05,
  typeName: 0x07,
  domainId: 0x0f,
  protocolVersion: 0x15,
  vendorId: 0x16,
  reliability: 0x1a,
  liveliness: 0x1b,
  durability: 0x1d,
  ownership: 0x1f,
  deadline: 0x23,
  destinationOrder: 0x25,
  partition: 0x29,
  lifespan: 0x2b,
  userData: 0x2c,
  unicastLocator: 0x2f,
  defaultUnicastLocator: 0x31,
  metatrafficUnicastLocator: 0x32,
  history: 0x40,
  participantGuid: 0x50,
  builtinEndpoints: 0x58,
  endpointGuid: 0x5a,
  entityName: 0x62,
  keyHash: 0x70,
  statusInfo: 0x71,
  relatedSample: 0x83,
  relatedSampleLegacy: 0x800f,
} as const;

/** The flag "must understand" and the vendor flag are part of the id on the wire; only the first is taken off. */
const mustUnderstand = 0x4000;

/** Builds a parameter list, little-endian. */
export class ParameterList {
  private readonly parts: Buffer[] = [];

  octets(pid: number, value: Uint8Array): this {
    const padded = Math.ceil(value.length / 4) * 4;
    const part = Buffer.alloc(4 + padded);
    part.writeUInt16LE(pid, 0);
    part.writeUInt16LE(padded, 2);
    part.set(value, 4);
    this.parts.push(part);
    return this;
  }

  words(pid: number, ...values: number[]): this {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => bytes.writeUInt32LE(value >>> 0, 4 * i));
    return this.octets(pid, bytes);
  }

  text(pid: number, value: string): this {
    return this.octets(pid, lengthPrefixed(Buffer.from(value + "\0")));
  }

  texts(pid: number, values: readonly string[]): this {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(values.length);
    const items = values.map((value) => {
      const item = lengthPrefixed(Buffer.from(value + "\0"));
      return Buffer.concat([item, Buffer.alloc((4 - (item.length % 4)) % 4)]);
    });
    return this.octets(pid, Buffer.concat([count, ...items]));
  }

  octetSequence(pid: number, value: Uint8Array): this {
    return this.octets(pid, lengthPrefixed(value));
  }

  guid(pid: number, guid: Guid): this {
    return this.octets(pid, guidBytes(guid));
  }

  locator(pid: number, locator: Locator): this {
    return this.octets(pid, writeLocator(locator));
  }

  duration(pid: number, ms: number): this {
    return this.words(pid, ...durationWords(ms));
  }

  /** The list with its sentinel, as inline QoS. */
  inline(): Buffer {
    return Buffer.concat([...this.parts, Buffer.from([pids.sentinel, 0, 0, 0])]);
  }

  /** The list as a payload, with the encapsulation header in front. */
  payload(): Buffer {
    return Buffer.concat([Buffer.from([0, 3, 0, 0]), this.inline()]);
  }
}

/** A duration on the wire: seconds and 2^-32 fractions, all ones where there is no limit. */
export function durationWords(ms: number): [number, number] {
  if (ms === Infinity) return [0x7fffffff, 0xffffffff];
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.min(Math.floor((ms / 1000 - seconds) * 4294967296), 0xffffffff)];
}

function lengthPrefixed(value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + value.length);
  bytes.writeUInt32LE(value.length, 0);
  bytes.set(value, 4);
  return bytes;
}

/** One parameter of a list, with readers for the shapes a value can have. */
export class Parameter {
  readonly pid: number;
  readonly bytes: Buffer;
  readonly littleEndian: boolean;

  constructor(pid: number, bytes: Buffer, littleEndian: boolean) {
    this.pid = pid;
    this.bytes = bytes;
    this.littleEndian = littleEndian;
  }

  word(offset = 0): number {
    require(offset + 4 <= this.bytes.length, `parameter 0x${this.pid.toString(16)} is too short`);
    return this.littleEndian ? this.bytes.readUInt32LE(offset) : this.bytes.readUInt32BE(offset);
  }

  octetSequence(offset = 0): Buffer {
    const length = this.word(offset);
    require(offset + 4 + length <= this.bytes.length, `parameter 0x${this.pid.toString(16)} overruns itself`);
    return this.bytes.subarray(offset + 4, offset + 4 + length);
  }

  text(offset = 0): string {
    const octets = this.octetSequence(offset);
    return octets.toString("utf8", 0, Math.max(octets.length - 1, 0));
  }

  texts(): string[] {
    const count = this.word();
    require(count * 4 <= this.bytes.length, `list of ${count} strings in ${this.bytes.length} bytes`);
    const texts: string[] = [];
    for (let i = 0, offset = 4; i < count; i++) {
      texts.push(this.text(offset));
      offset += 4 + Math.ceil(this.word(offset) / 4) * 4;
    }
    return texts;
  }

  /** Milliseconds, to the microsecond, so that what was written as 60 ms is read as 60 ms; `Infinity` for "no limit". */
  durationMs(offset = 0): number {
    const seconds = this.word(offset);
    return seconds >= 0x7fffffff ? Infinity : seconds * 1000 + Math.round((this.word(offset + 4) / 4294967296) * 1e6) / 1000;
  }
}

/** Visits every parameter up to the sentinel and returns the offset behind it. */
export function readParameters(bytes: Buffer, littleEndian: boolean, visit: (parameter: Parameter) => void): number {
  let offset = 0;
  while (offset + 4 <= bytes.length) {
    const pid = littleEndian ? bytes.readUInt16LE(offset) : bytes.readUInt16BE(offset);
    const length = littleEndian ? bytes.readUInt16LE(offset + 2) : bytes.readUInt16BE(offset + 2);
    offset += 4;
    if (pid === pids.sentinel) return offset;
    require(offset + length <= bytes.length, "parameter overruns its list");
    if (pid !== pids.pad) {
      visit(new Parameter(pid & 0x8000 ? pid : pid & ~mustUnderstand, bytes.subarray(offset, offset + length), littleEndian));
    }
    offset += length;
  }
  return offset;
}
