import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Timestamp } from "#msgs/time.ts";
import type { JournalEntry } from "#src/contract/store.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { decodeEntry, entryKind } from "../codec/entry.ts";
import { openSegment, type Landmark, type Place, type PlacedEntry, type Segment } from "../journal/segment.ts";

/** The journal's files, read beside the gateway that writes them: from another thread, or with the gateway stopped. */
export interface JournalReader {
  /** Stamp of the oldest and of the newest entry; undefined when there is none. */
  extent(): { first: Place; last: Place } | undefined;
  /** No stretch between its first and last entry is missing. */
  isWhole(): boolean;
  /** With `after`: only what stands behind that place. */
  scan(from: Timestamp, to: Timestamp, after?: Place): Generator<readonly JournalEntry[]>;
  /** Whether this very entry stands there. */
  has(place: Place): boolean;
  landmark(kind: Landmark, at: Timestamp, version?: string): JournalEntry | undefined;
}

const pageBytes = 2 << 20;

export function readJournal(folder: string): JournalReader {
  return {
    extent() {
      let extent: { first: Place; last: Place } | undefined;
      for (const segment of segmentsOf(folder)) {
        const [first, last] = [segment.first(), segment.last()];
        if (first && last) extent = { first: extent?.first ?? first, last };
      }
      return extent;
    },
    isWhole() {
      let next: number | undefined;
      for (const segment of segmentsOf(folder)) {
        const last = segment.last();
        if (!last) continue;
        if (next !== undefined && segment.firstPosition !== next) return false;
        next = last.position + 1;
      }
      return true;
    },
    *scan(from, to, after) {
      for (const segment of segmentsOf(folder)) {
        const last = segment.last();
        if (!last || last.at < from || (after && last.position <= after.position)) continue;
        yield* scanSegment(segment, from, to, after);
        if (last.at >= to) return;
      }
    },
    has(place) {
      for (const segment of segmentsOf(folder)) {
        const last = segment.last();
        if (!last || last.position < place.position) continue;
        const entry = segment.read(place.position, 1)[0];
        return entry?.position === place.position && entry.at === place.at && entry.seq === place.seq;
      }
      return false;
    },
    landmark(kind, at, version) {
      let found: PlacedEntry | undefined;
      for (const segment of segmentsOf(folder)) {
        const first = segment.first();
        if (!first || first.at > at) continue;
        const position = segment.landmark(kind, segment.positionAt(at + 1), version);
        if (position !== undefined) found = segment.read(position, 1)[0] ?? found;
      }
      return found && decodeEntry(found);
    },
  };
}

function* scanSegment(segment: Segment, from: Timestamp, to: Timestamp, after: Place | undefined): Generator<readonly JournalEntry[]> {
  let next = Math.max(segment.positionAt(from), after ? after.position + 1 : 0);
  for (;;) {
    const page = segment.read(next, pageBytes);
    const last = page.at(-1);
    if (!last) return;
    const within = page.filter((entry) => entry.at >= from && entry.at < to && entry.kind !== entryKind.checkpoint);
    if (within.length > 0) yield within.map(decodeEntry);
    if (last.at >= to) return;
    next = last.position + 1;
  }
}

/** One after the other, each closed when the next is wanted. A file that was dropped meanwhile or is damaged is passed over. */
function* segmentsOf(folder: string): Generator<Segment> {
  if (!existsSync(folder)) return;
  const names = readdirSync(folder).filter((name) => /^segment-\d{16}\.sqlite$/.test(name));
  for (const name of names.sort()) {
    let segment: Segment;
    try {
      segment = openSegment(join(folder, name));
    } catch (error) {
      if (error instanceof GatewayError && error.code === "damaged") continue;
      throw error;
    }
    try {
      yield segment;
    } finally {
      segment.close();
    }
  }
}
