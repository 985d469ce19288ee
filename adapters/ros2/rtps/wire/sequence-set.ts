import { Malformed, require } from "./malformed.ts";

/** The specification allows at most 256 numbers in one set. */
export const maxSetBits = 256;

/** A sequence number is 64 bits on the wire; we take those a double holds exactly and refuse the rest. */
export function readSequence(bytes: Buffer, offset: number, littleEndian: boolean): number {
  const high = littleEndian ? bytes.readInt32LE(offset) : bytes.readInt32BE(offset);
  const low = littleEndian ? bytes.readUInt32LE(offset + 4) : bytes.readUInt32BE(offset + 4);
  if (high < 0 || high >= 1 << 21) throw new Malformed(`sequence number with high word ${high}`);
  return high * 4294967296 + low;
}

export function writeSequence(bytes: Buffer, offset: number, sequence: number): void {
  bytes.writeInt32LE(Math.floor(sequence / 4294967296), offset);
  bytes.writeUInt32LE(sequence >>> 0, offset + 4);
}

/** The members of a bitmap that begins with its bit count, as numbers from `base` on. */
export function readBitmap(bytes: Buffer, offset: number, littleEndian: boolean, base: number): number[] {
  const u32 = (at: number) => (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const count = u32(offset);
  require(count <= maxSetBits, `set of ${count} numbers`);
  const members: number[] = [];
  for (let word = 0; word * 32 < count; word++) {
    const bits = u32(offset + 4 + 4 * word);
    if (bits === 0) continue;
    for (let i = 0; i < 32 && word * 32 + i < count; i++) if (bits & (1 << (31 - i))) members.push(base + word * 32 + i);
  }
  return members;
}

/** Bytes that `writeBitmap` needs for members that span `count` numbers. */
export function bitmapBytes(count: number): number {
  return 4 + 4 * Math.ceil(count / 32);
}

/** How many bits are needed so that the last of the ascending members fits. */
export function bitmapSpan(base: number, members: readonly number[]): number {
  return members.length === 0 ? 0 : members[members.length - 1]! - base + 1;
}

/** Writes ascending members as a bitmap from `base` on and returns the offset behind it. */
export function writeBitmap(bytes: Buffer, offset: number, base: number, members: readonly number[]): number {
  const count = bitmapSpan(base, members);
  const words = new Uint32Array(Math.ceil(count / 32));
  for (const member of members) {
    const bit = member - base;
    words[bit >> 5]! |= 1 << (31 - (bit & 31));
  }
  bytes.writeUInt32LE(count, offset);
  words.forEach((word, i) => bytes.writeUInt32LE(word >>> 0, offset + 4 + 4 * i));
  return offset + 4 + 4 * words.length;
}
