import type { Guid } from "../wire/guid.ts";

/** One sample as a reader hands it over. */
export interface Sample {
  readonly writer: Guid;
  readonly sequence: number;
  /** When the writer says it was written, in microseconds since 1970; when it arrived, where the writer said nothing. */
  readonly sourceTimeUs: number;
  /** The serialised value with its encapsulation header. Not to be changed. */
  readonly payload: Buffer;
  /** The writer says that the instance is gone; the payload, if any, holds the key only. */
  readonly disposed: boolean;
  /** The instance the sample is about, where the writer sent it. */
  readonly key: string | undefined;
  /** The request a service answer belongs to: guid and sequence number, 24 bytes. */
  readonly relatedSample: Buffer | undefined;
}

/** What one reader has seen, over all its writers. */
export interface ReaderStats {
  received: number;
  bytes: number;
  duplicates: number;
  /** Samples that writers announced and we never got: overwritten before repair, or dropped on a best-effort path. */
  lost: number;
  /** Requests for repair sent. */
  repairRequests: number;
  /** Samples larger than the limit, given up. */
  tooLarge: number;
  /** Samples or fragments refused because memory for incomplete samples had run out. */
  refused: number;
}

export function emptyReaderStats(): ReaderStats {
  return { received: 0, bytes: 0, duplicates: 0, lost: 0, repairRequests: 0, tooLarge: 0, refused: 0 };
}
