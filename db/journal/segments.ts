import type { PointId, PointKey } from "#msgs/point.ts";
import type { Log } from "#src/kit/log.ts";
import type { StoredEntry } from "../codec/entry.ts";
import { makeFolder } from "#src/kit/make-folder.ts";
import { fileError } from "./file-error.ts";
import { rememberKeys } from "./remember-keys.ts";
import { openRegister, type Drop, type Register } from "./register.ts";
import { SegmentSet, reservedAhead } from "./segment-set.ts";
import type { Landmark, Place, PlacedEntry } from "./segment.ts";

export interface SegmentsOptions {
  readonly folder: string;
  /** A file is sealed and the next one begun when it has grown to this. */
  readonly segmentBytes: number;
  readonly log: Log;
}

export interface KnownSegment {
  readonly path: string;
  readonly firstPosition: number;
  lastPosition: number;
  firstAt: number;
  lastAt: number;
  bytes: number;
}

/** The journal's files in their order, the newest of which is written. Every position is in one of them, dropped, or damaged. */
export interface Segments {
  readonly register: Register;
  /** The last entry there is; position 0 when there never was one. */
  readonly head: Place;
  readonly bytes: number;
  /** Stretches lost to damage since this was opened. */
  readonly damaged: readonly Drop[];
  /** Position of the oldest entry still here; one past the head when there is none. */
  readonly tail: number;
  append(
    entries: readonly StoredEntry[],
    versions: ReadonlyMap<StoredEntry, string>,
    keys: readonly (readonly [PointId, PointKey])[],
  ): void;
  /** Entries from a position on, across files; starts later when those are gone. Empty at the head. */
  read(from: number, bytes: number, samples?: number): readonly PlacedEntry[];
  /** The entry at exactly this position, while it is here. */
  placeAt(position: number): Place | undefined;
  /** The first position at or after `at`. */
  positionAt(at: number): number;
  /** The newest checkpoint (written by `version` when one is named) or config fact before a position. */
  landmark(kind: Landmark, before?: number, version?: string): number | undefined;
  /** Oldest first; the last one is being written. */
  list(): readonly KnownSegment[];
  samplesBetween(from: number, to: number): number;
  /** Drops the oldest file for good. */
  dropOldest(why: string): Drop | undefined;
  /** Clean when everything that was taken is written. */
  close(clean: boolean): void;
}

export function openSegments(options: SegmentsOptions): Segments {
  try {
    makeFolder(options.folder);
  } catch (error) {
    throw fileError(`the journal's folder ${options.folder}`, error);
  }
  const { register, setAside } = openRegister(options.folder);
  if (setAside) options.log.warn("the journal's register was damaged and set aside", { file: setAside });
  try {
    return foundSegments(options, register);
  } catch (error) {
    register.close();
    throw error;
  }
}

function foundSegments(options: SegmentsOptions, register: Register): Segments {
  const segments = new SegmentSet(options, register);
  if (register.fresh && segments.head.position > 0) {
    rememberKeys(segments);
    const { position, seq } = segments.head;
    register.reserve({ position: position + reservedAhead, seq: seq + reservedAhead });
  }
  return segments;
}
