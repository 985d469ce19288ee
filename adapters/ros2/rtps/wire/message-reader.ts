import type { GuidPrefix } from "./guid.ts";
import { Malformed, require } from "./malformed.ts";
import type { Parameter } from "./parameter-list.ts";
import { pids, readParameters } from "./parameter-list.ts";
import { readBitmap, readSequence } from "./sequence-set.ts";
import { headerBytes, submessageIds, type InlineQos, type Submessage } from "./submessage.ts";

export interface Message {
  readonly vendor: number;
  readonly source: GuidPrefix;
  readonly submessages: readonly Submessage[];
}

const zeroPrefix = "0".repeat(24);

/**
 * Takes a datagram apart. Submessages meant for other participants are left out. Throws `Malformed` or `RangeError` (a read
 * past the end of the buffer) for anything that does not follow the specification, before anybody has acted on a part of it.
 */
export function readMessage(packet: Buffer, own: GuidPrefix): Message | undefined {
  if (packet.length < headerBytes || packet.readUInt32BE(0) !== 0x52545053) return undefined;
  if (packet[4] !== 2) return undefined;
  const source = packet.toString("hex", 8, headerBytes);
  if (source === own) return undefined;
  const submessages: Submessage[] = [];
  const context: Context = { prefix: source, timeUs: undefined, forUs: true, own };
  let offset = headerBytes;
  while (offset + 4 <= packet.length) {
    const id = packet[offset]!;
    const flags = packet[offset + 1]!;
    const littleEndian = (flags & 1) === 1;
    let length = littleEndian ? packet.readUInt16LE(offset + 2) : packet.readUInt16BE(offset + 2);
    const start = offset + 4;
    // Length 0 in the last submessage means "up to the end of the datagram", except where an empty body is lawful.
    if (length === 0 && id !== submessageIds.pad && id !== submessageIds.infoTimestamp) length = packet.length - start;
    require(start + length <= packet.length, "submessage overruns the datagram");
    const read = readSubmessage(id, new Body(packet.subarray(start, start + length), flags, littleEndian), context);
    if (read !== undefined) submessages.push(read);
    offset = start + length;
  }
  return { vendor: packet.readUInt16BE(6), source, submessages };
}

interface Context {
  prefix: GuidPrefix;
  timeUs: number | undefined;
  forUs: boolean;
  readonly own: GuidPrefix;
}

class Body {
  readonly bytes: Buffer;
  readonly flags: number;
  readonly littleEndian: boolean;

  constructor(bytes: Buffer, flags: number, littleEndian: boolean) {
    this.bytes = bytes;
    this.flags = flags;
    this.littleEndian = littleEndian;
  }
  u16(at: number): number {
    return this.littleEndian ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }
  u32(at: number): number {
    return this.littleEndian ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }
  entity(at: number): number {
    return this.bytes.readUInt32BE(at);
  }
  sequence(at: number): number {
    return readSequence(this.bytes, at, this.littleEndian);
  }
  bitmap(at: number, base: number): number[] {
    return readBitmap(this.bytes, at, this.littleEndian, base);
  }
}

function readSubmessage(id: number, body: Body, context: Context): Submessage | undefined {
  switch (id) {
    case submessageIds.infoDestination: {
      const destination = body.bytes.toString("hex", 0, 12);
      require(destination.length === 24, "short destination");
      context.forUs = destination === context.own || destination === zeroPrefix;
      return undefined;
    }
    case submessageIds.infoTimestamp:
      // Flag 2 says that the timestamp no longer holds for what follows.
      context.timeUs = body.flags & 2 ? undefined : body.u32(0) * 1_000_000 + Math.round(body.u32(4) / 4294.967296);
      return undefined;
    case submessageIds.infoSource:
      require(body.bytes.length >= 20, "short source");
      context.prefix = body.bytes.toString("hex", 8, 20);
      return undefined;
    default:
      return context.forUs ? readEntitySubmessage(id, body, context) : undefined;
  }
}

function readEntitySubmessage(id: number, body: Body, context: Context): Submessage | undefined {
  const prefix = context.prefix;
  if (id === submessageIds.data || id === submessageIds.dataFragments) return readData(id, body, context);
  if (!handled.has(id)) return undefined;
  const readerId = body.entity(0);
  const writerId = body.entity(4);
  const final = (body.flags & 2) !== 0;
  const sequence = body.sequence(8);
  switch (id) {
    case submessageIds.heartbeat: {
      const last = body.sequence(16);
      require(sequence >= 1 && last >= sequence - 1, `heartbeat from ${sequence} to ${last}`);
      return { kind: "heartbeat", prefix, readerId, writerId, first: sequence, last, final, liveliness: (body.flags & 4) !== 0 };
    }
    case submessageIds.gap: {
      const before = body.sequence(16);
      require(sequence >= 1 && before >= sequence, `gap from ${sequence} to ${before}`);
      return { kind: "gap", prefix, readerId, writerId, start: sequence, before, further: body.bitmap(24, before) };
    }
    case submessageIds.ackNack:
      return { kind: "ack", prefix, readerId, writerId, base: sequence, missing: body.bitmap(16, sequence), final };
    case submessageIds.nackFragments:
      return { kind: "nack-fragments", prefix, readerId, writerId, sequence, missing: body.bitmap(20, body.u32(16)) };
    case submessageIds.heartbeatFragments:
      return { kind: "heartbeat-fragments", prefix, readerId, writerId, sequence };
    default:
      return undefined;
  }
}

const handled: ReadonlySet<number> = new Set([
  submessageIds.heartbeat,
  submessageIds.gap,
  submessageIds.ackNack,
  submessageIds.nackFragments,
  submessageIds.heartbeatFragments,
]);

function readData(id: number, body: Body, context: Context): Submessage {
  const readerId = body.entity(4);
  const writerId = body.entity(8);
  const sequence = body.sequence(12);
  require(sequence >= 1, "sample number 0");
  // "Octets to inline QoS" counts from behind itself and lets later versions put fields in between.
  let offset = 4 + body.u16(2);
  require(offset >= 20 && offset <= body.bytes.length, "inline QoS outside the submessage");
  let inline: InlineQos | undefined;
  if (body.flags & 2) {
    const read = readInline(body.bytes.subarray(offset), body.littleEndian);
    inline = read.inline;
    offset += read.length;
  }
  const payload = body.bytes.subarray(offset);
  const common = { prefix: context.prefix, readerId, writerId, sequence, sourceTimeUs: context.timeUs, inline, payload };
  if (id === submessageIds.data) return { kind: "data", ...common };
  const [first, count, fragmentBytes, sampleBytes] = [body.u32(20), body.u16(24), body.u16(26), body.u32(28)];
  if (first < 1 || count < 1 || fragmentBytes < 1 || sampleBytes < 1) throw new Malformed("empty fragment");
  require(payload.length > 0, "fragment without bytes");
  return { kind: "fragments", ...common, first, count, fragmentBytes, sampleBytes };
}

function readInline(bytes: Buffer, littleEndian: boolean): { inline: InlineQos; length: number } {
  let disposed = false;
  let key: string | undefined;
  let relatedSample: Buffer | undefined;
  const visit = ({ pid, bytes: value }: Parameter) => {
    if (pid === pids.statusInfo && value.length >= 4) disposed = (value[3]! & 3) !== 0;
    else if (pid === pids.keyHash && value.length >= 16) key = value.toString("hex", 0, 16);
    else if ((pid === pids.relatedSample || pid === pids.relatedSampleLegacy) && value.length >= 24) relatedSample = value.subarray(0, 24);
  };
  const length = readParameters(bytes, littleEndian, visit);
  return { inline: { disposed, key, relatedSample }, length };
}
