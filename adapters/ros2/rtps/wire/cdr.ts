import { Malformed, require } from "./malformed.ts";

/** Encapsulation kinds we read: plain CDR and parameter lists, both byte orders. */
const kinds = { cdrBig: 0, cdrLittle: 1, parametersBig: 2, parametersLittle: 3 } as const;

/** Whether the payload is little-endian; refuses encodings we do not read (XCDR2 among them). */
export function payloadIsLittleEndian(payload: Uint8Array): boolean {
  require(payload.length >= 4, "payload without encapsulation header");
  const kind = payload[1]!;
  if (payload[0] !== 0 || kind > kinds.parametersLittle) {
    throw new Malformed(`encapsulation 0x${payload[0]!.toString(16).padStart(2, "0")}${kind.toString(16).padStart(2, "0")}`);
  }
  return (kind & 1) === 1;
}

/** Reads plain CDR. Alignment counts from behind the four bytes of encapsulation. Every read past the end throws `Malformed`. */
export class CdrReader {
  readonly littleEndian: boolean;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  offset = 4;

  constructor(payload: Uint8Array) {
    this.littleEndian = payloadIsLittleEndian(payload);
    this.bytes = payload;
    this.view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  /** Moves to the next multiple of `size`, checks that `count` values fit and returns where they begin. */
  take(size: number, count = 1): number {
    const at = size > 1 ? 4 + Math.ceil((this.offset - 4) / size) * size : this.offset;
    require(count * size <= this.bytes.length - at, "value past the end of the payload");
    this.offset = at + size * count;
    return at;
  }

  uint8(): number {
    return this.view.getUint8(this.take(1));
  }
  uint16(): number {
    return this.view.getUint16(this.take(2), this.littleEndian);
  }
  uint32(): number {
    return this.view.getUint32(this.take(4), this.littleEndian);
  }
  int32(): number {
    return this.view.getInt32(this.take(4), this.littleEndian);
  }
  uint64(): bigint {
    return this.view.getBigUint64(this.take(8), this.littleEndian);
  }
  int64(): bigint {
    return this.view.getBigInt64(this.take(8), this.littleEndian);
  }

  octets(count: number): Uint8Array {
    const at = this.take(1, count);
    return this.bytes.subarray(at, at + count);
  }

  /** A string is its length with the closing zero, then its bytes; some writers send length 0 for an empty one. */
  string(): string {
    const length = this.uint32();
    const at = this.take(1, length);
    return length === 0 ? "" : Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, length - 1).toString("utf8");
  }

  /** The length of a sequence whose elements take at least `smallest` bytes: a length that cannot fit is refused before anything is allocated. */
  sequenceLength(smallest = 1): number {
    const length = this.uint32();
    require(length * smallest <= this.remaining, `sequence of ${length} elements in ${this.remaining} bytes`);
    return length;
  }
}

/** Writes little-endian plain CDR into a buffer that grows. */
export class CdrWriter {
  private buffer: Buffer;
  private view: DataView;
  private offset = 4;

  constructor(capacity = 256) {
    this.buffer = Buffer.alloc(Math.max(capacity, 4));
    this.view = new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.byteLength);
    this.buffer[1] = kinds.cdrLittle;
  }

  /** Aligns, makes room for `count` values of `size` bytes and returns where they begin. Padding is zero. */
  private room(size: number, count = 1): number {
    const at = 4 + Math.ceil((this.offset - 4) / size) * size;
    const end = at + size * count;
    if (end > this.buffer.length) {
      const grown = Buffer.alloc(Math.max(end, this.buffer.length * 2));
      this.buffer.copy(grown, 0, 0, this.offset);
      this.buffer = grown;
      this.view = new DataView(grown.buffer, grown.byteOffset, grown.byteLength);
    }
    this.offset = end;
    return at;
  }

  // The target is looked up only after room() because growing replaces it.
  uint8(value: number): void {
    const at = this.room(1);
    this.view.setUint8(at, value);
  }
  int8(value: number): void {
    const at = this.room(1);
    this.view.setInt8(at, value);
  }
  uint16(value: number): void {
    const at = this.room(2);
    this.view.setUint16(at, value, true);
  }
  int16(value: number): void {
    const at = this.room(2);
    this.view.setInt16(at, value, true);
  }
  uint32(value: number): void {
    const at = this.room(4);
    this.view.setUint32(at, value, true);
  }
  int32(value: number): void {
    const at = this.room(4);
    this.view.setInt32(at, value, true);
  }
  uint64(value: bigint): void {
    const at = this.room(8);
    this.view.setBigUint64(at, value, true);
  }
  int64(value: bigint): void {
    const at = this.room(8);
    this.view.setBigInt64(at, value, true);
  }
  float32(value: number): void {
    const at = this.room(4);
    this.view.setFloat32(at, value, true);
  }
  float64(value: number): void {
    const at = this.room(8);
    this.view.setFloat64(at, value, true);
  }

  octets(bytes: Uint8Array): void {
    const at = this.room(1, bytes.length);
    this.buffer.set(bytes, at);
  }

  /** Raw values that are already little-endian, aligned to their size. */
  values(bytes: Uint8Array, size: number): void {
    const at = this.room(size, bytes.length / size);
    this.buffer.set(bytes, at);
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    this.uint32(length + 1);
    const at = this.room(1, length + 1);
    this.buffer.write(value, at, "utf8");
    this.buffer[at + length] = 0;
  }

  /** The payload so far, encapsulation header included. */
  bytesWritten(): Buffer {
    return this.buffer.subarray(0, this.offset);
  }
}
