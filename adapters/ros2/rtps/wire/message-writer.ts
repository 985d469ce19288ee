import { guidBytes, type GuidPrefix } from "./guid.ts";
import { bitmapBytes, bitmapSpan, writeBitmap, writeSequence } from "./sequence-set.ts";
import { headerBytes, ownVendor, protocolVersion, submessageIds } from "./submessage.ts";

/** Bytes a submessage takes besides what it carries. */
export const dataOverhead = 24;
export const fragmentOverhead = 36;
export const timestampBytes = 12;
export const heartbeatBytes = 32;

/** Builds one datagram. Room is the caller's business: `fits` before adding where several submessages share a datagram. */
export class MessageWriter {
  private readonly buffer: Buffer;
  private offset = headerBytes;

  constructor(prefix: Buffer, capacity: number) {
    this.buffer = Buffer.allocUnsafe(capacity);
    this.buffer.write("RTPS", 0, "latin1");
    this.buffer[4] = protocolVersion[0];
    this.buffer[5] = protocolVersion[1];
    this.buffer.writeUInt16BE(ownVendor, 6);
    prefix.copy(this.buffer, 8);
  }

  fits(bytes: number): boolean {
    return this.offset + bytes <= this.buffer.length;
  }

  get isEmpty(): boolean {
    return this.offset === headerBytes;
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.offset);
  }

  destination(prefix: GuidPrefix): this {
    this.header(submessageIds.infoDestination, 0, 12);
    this.buffer.write(prefix, this.offset, "hex");
    this.offset += 12;
    return this;
  }

  timestamp(timeUs: number): this {
    this.header(submessageIds.infoTimestamp, 0, 8);
    const seconds = Math.floor(timeUs / 1_000_000);
    this.u32(seconds >>> 0);
    this.u32(Math.min(Math.ceil(((timeUs - seconds * 1_000_000) / 1_000_000) * 4294967296), 0xffffffff));
    return this;
  }

  data(readerId: number, writerId: number, sequence: number, payload: Uint8Array, inline?: Buffer, keyOnly = false): this {
    const inlineBytes = inline?.length ?? 0;
    this.header(
      submessageIds.data,
      (keyOnly ? 8 : payload.length > 0 ? 4 : 0) | (inline === undefined ? 0 : 2),
      20 + inlineBytes + payload.length,
    );
    this.extraAndInlineOffset(16);
    this.entities(readerId, writerId);
    this.sequence(sequence);
    if (inline !== undefined) this.append(inline);
    this.append(payload);
    return this;
  }

  fragment(readerId: number, writerId: number, sequence: number, part: FragmentPart): this {
    const pad = (4 - (part.bytes.length % 4)) % 4;
    const inlineBytes = part.inline?.length ?? 0;
    this.header(submessageIds.dataFragments, part.inline === undefined ? 0 : 2, 32 + inlineBytes + part.bytes.length + pad);
    this.extraAndInlineOffset(28);
    this.entities(readerId, writerId);
    this.sequence(sequence);
    this.u32(part.number);
    this.u16(1);
    this.u16(part.fragmentBytes);
    this.u32(part.sampleBytes);
    if (part.inline !== undefined) this.append(part.inline);
    this.append(part.bytes);
    this.buffer.fill(0, this.offset, this.offset + pad);
    this.offset += pad;
    return this;
  }

  heartbeat(
    readerId: number,
    writerId: number,
    beat: { first: number; last: number; count: number; final: boolean; liveliness?: boolean },
  ): this {
    this.header(submessageIds.heartbeat, (beat.final ? 2 : 0) | (beat.liveliness ? 4 : 0), 28);
    this.entities(readerId, writerId);
    this.sequence(beat.first);
    this.sequence(beat.last);
    this.u32(beat.count);
    return this;
  }

  /** `missing` ascends and spans at most 256 numbers from `base`. */
  ackNack(readerId: number, writerId: number, base: number, missing: readonly number[], count: number, final: boolean): this {
    this.header(submessageIds.ackNack, final ? 2 : 0, 20 + bitmapBytes(bitmapSpan(base, missing)));
    this.entities(readerId, writerId);
    this.sequence(base);
    this.bitmap(base, missing);
    this.u32(count);
    return this;
  }

  nackFragments(readerId: number, writerId: number, sequence: number, missing: readonly number[], count: number): this {
    const base = missing[0] ?? 1;
    this.header(submessageIds.nackFragments, 0, 24 + bitmapBytes(bitmapSpan(base, missing)));
    this.entities(readerId, writerId);
    this.sequence(sequence);
    this.u32(base);
    this.bitmap(base, missing);
    this.u32(count);
    return this;
  }

  gap(readerId: number, writerId: number, start: number, before: number): this {
    this.header(submessageIds.gap, 0, 28);
    this.entities(readerId, writerId);
    this.sequence(start);
    this.sequence(before);
    this.u32(0);
    return this;
  }

  /** Flag 1: everything we write is little-endian. */
  private header(id: number, flags: number, length: number): void {
    this.buffer[this.offset] = id;
    this.buffer[this.offset + 1] = flags | 1;
    // A length beyond 16 bits is written as 0, "up to the end of the datagram", which holds because such a sample travels alone.
    this.buffer.writeUInt16LE(length > 0xffff ? 0 : length, this.offset + 2);
    this.offset += 4;
  }

  private extraAndInlineOffset(octets: number): void {
    this.u16(0);
    this.u16(octets);
  }

  private entities(readerId: number, writerId: number): void {
    this.buffer.writeUInt32BE(readerId, this.offset);
    this.buffer.writeUInt32BE(writerId, this.offset + 4);
    this.offset += 8;
  }

  private sequence(value: number): void {
    writeSequence(this.buffer, this.offset, value);
    this.offset += 8;
  }

  private bitmap(base: number, members: readonly number[]): void {
    this.offset = writeBitmap(this.buffer, this.offset, base, members);
  }

  private u16(value: number): void {
    this.offset = this.buffer.writeUInt16LE(value, this.offset);
  }

  private u32(value: number): void {
    this.offset = this.buffer.writeUInt32LE(value, this.offset);
  }

  private append(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.offset);
    this.offset += bytes.length;
  }
}

export interface FragmentPart {
  /** Counted from 1. */
  readonly number: number;
  readonly fragmentBytes: number;
  readonly sampleBytes: number;
  readonly bytes: Uint8Array;
  readonly inline: Buffer | undefined;
}

/** The prefix as bytes for the header, converted once per participant. */
export function prefixBytes(prefix: GuidPrefix): Buffer {
  return guidBytes(prefix);
}
