import { crc32 } from "node:zlib";
import { GatewayError } from "#src/kit/errors.ts";
import type { EntryKind, StoredEntry } from "./entry.ts";

/**
 * Many stored entries in one buffer: what goes from the main thread to the journal's worker, and, compressed, what the
 * database keeps of a stretch of the recording. Bodies start on multiples of eight so that batches are read in place.
 *
 *     u32 kind · u32 samples · u32 length · u32 crc of the body · f64 at · f64 seq │ body, padded to a multiple of eight
 */
const headerBytes = 32;

/** An entry with the checksum of its body, which the journal's worker works out when it stores it; 0 on the way there. */
export interface SealedEntry extends StoredEntry {
  readonly crc: number;
}

export class Parcel {
  #bytes = Buffer.alloc(0);
  #length = 0;
  #entries = 0;
  #samples = 0;

  get entries(): number {
    return this.#entries;
  }

  get samples(): number {
    return this.#samples;
  }

  get length(): number {
    return this.#length;
  }

  add(entry: StoredEntry, crc = 0): void {
    const size = headerBytes + padded(entry.body.length);
    this.#room(size);
    const start = this.#length;
    this.#bytes.writeUInt32LE(entry.kind, start);
    this.#bytes.writeUInt32LE(entry.samples, start + 4);
    this.#bytes.writeUInt32LE(entry.body.length, start + 8);
    this.#bytes.writeUInt32LE(crc, start + 12);
    this.#bytes.writeDoubleLE(entry.at, start + 16);
    this.#bytes.writeDoubleLE(entry.seq, start + 24);
    this.#bytes.set(entry.body, start + headerBytes);
    this.#length += size;
    this.#entries++;
    this.#samples += entry.samples;
  }

  /** Hands the bytes over, in a buffer of their own that may be transferred, and starts anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.#bytes.buffer, 0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    this.#entries = 0;
    this.#samples = 0;
    return taken;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.from(new ArrayBuffer(Math.max(16_384, this.#bytes.length * 2, this.#length + more)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** The entries of a parcel, bodies still lying in it. Throws a GatewayError "damaged" when it does not add up. */
export function* openParcel(bytes: Uint8Array): Generator<SealedEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  while (start < bytes.length) {
    const length = start + headerBytes <= bytes.length ? view.getUint32(start + 8, true) : Number.POSITIVE_INFINITY;
    if (start + headerBytes + length > bytes.length) throw new GatewayError("damaged", "a parcel of entries ends in the middle of one");
    const body = bytes.subarray(start + headerBytes, start + headerBytes + length);
    yield {
      kind: view.getUint32(start, true) as EntryKind,
      samples: view.getUint32(start + 4, true),
      crc: view.getUint32(start + 12, true),
      at: view.getFloat64(start + 16, true),
      seq: view.getFloat64(start + 24, true),
      body,
    };
    start += headerBytes + padded(length);
  }
}

export function isIntact(entry: SealedEntry): boolean {
  return crc32(entry.body) === entry.crc;
}

function padded(length: number): number {
  return (length + 7) & ~7;
}
