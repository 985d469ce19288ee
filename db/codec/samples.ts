import { assert } from "#src/kit/errors.ts";
import type { SampleOrigin, Samples } from "#msgs/sample.ts";

/**
 * A batch of samples as bytes: eight bytes of header, the arrays as they lie in memory (NaN bits and −0 included), then what
 * is sparse as JSON. The widest arrays come first, so that a buffer that starts on a multiple of eight is read without copying.
 *
 *     u8 layout · u8 unused · u16 unused · u32 n │ f64 sourceTimes[n] │ f64 values[n] │ u32 keys[n] │ u8 qualities[n] │ JSON
 */
const layout = 1;
const headerBytes = 8;
const bytesPerRow = 8 + 8 + 4 + 1;

/** What stands in the JSON at the end; short names because there is one of these for every batch. */
interface Rest {
  readonly o: SampleOrigin;
  readonly s: string;
  readonly a?: number;
  readonly r?: readonly [source: string, token: string];
  readonly t?: readonly (readonly [index: number, text: string])[];
  readonly c?: readonly (readonly [index: number, code: number])[];
}

assert(new Uint8Array(new Uint16Array([1]).buffer)[0] === 1, "this machine is little-endian, as the stored batches are");

export function encodeSamples(samples: Samples): Uint8Array {
  const n = samples.keys.length;
  const rest = Buffer.from(JSON.stringify(restOf(samples)), "utf8");
  const bytes = new Uint8Array(headerBytes + n * bytesPerRow + rest.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, layout);
  view.setUint32(4, n, true);
  let at = headerBytes;
  for (const column of [samples.sourceTimes, samples.values, samples.keys, samples.qualities]) {
    assert(column.length === n, "every column of a batch has one entry per row");
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  bytes.set(rest, at);
  return bytes;
}

/** Undefined when the bytes cannot be a batch. */
export function decodeSamples(stored: Uint8Array): Samples | undefined {
  if (stored.length < headerBytes || stored[0] !== layout) return undefined;
  const bytes = stored.byteOffset % 8 === 0 ? stored : new Uint8Array(stored);
  const n = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const end = headerBytes + n * bytesPerRow;
  if (bytes.length < end) return undefined;
  const start = bytes.byteOffset + headerBytes;
  const rest = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + end, bytes.length - end).toString("utf8")) as Rest;
  return {
    sourceTimes: new Float64Array(bytes.buffer, start, n),
    values: new Float64Array(bytes.buffer, start + n * 8, n),
    keys: new Uint32Array(bytes.buffer, start + n * 16, n),
    qualities: new Uint8Array(bytes.buffer, start + n * 20, n),
    origin: rest.o,
    stream: rest.s,
    ...(rest.a !== undefined && { askedAt: rest.a }),
    ...(rest.r && { resume: { source: rest.r[0], token: rest.r[1] } }),
    ...(rest.t && { texts: new Map(rest.t) }),
    ...(rest.c && { codes: new Map(rest.c) }),
  };
}

function restOf(samples: Samples): Rest {
  return {
    o: samples.origin,
    s: samples.stream,
    ...(samples.askedAt !== undefined && { a: samples.askedAt }),
    ...(samples.resume && { r: [samples.resume.source, samples.resume.token] as const }),
    ...(samples.texts && { t: [...samples.texts] }),
    ...(samples.codes && { c: [...samples.codes] }),
  };
}
