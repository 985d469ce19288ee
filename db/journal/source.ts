import type { PointId, PointKey } from "#msgs/point.ts";
import type { ReaderStatus } from "#src/contract/store.ts";
import type { ToMain } from "./messages.ts";
import type { Drop } from "./register.ts";
import type { Place, PlacedEntry } from "./segment.ts";
import type { Segments } from "./segments.ts";

/** The journal as a reader in the worker sees it. Each reader keeps its own place. */
export interface JournalSource {
  readonly uuid: string;
  readonly head: Place;
  readonly tail: number;
  pointOf(key: PointKey): PointId | undefined;
  read(from: number, bytes: number, samples?: number): readonly PlacedEntry[];
  placeAt(position: number): Place | undefined;
  samplesBetween(from: number, to: number): number;
  /** The newest entry received at or before `at`; position 0 when there is none. */
  placeBefore(at: number): Place;
  /** What is no longer here of a stretch, as far as it was counted. */
  missing(from: number, to: number): readonly Drop[];
  /** What the reader stored belongs to another life of this journal: go on under this new name. */
  rename(uuid: string): void;
  /** The reader has stored everything up to here. */
  mark(reader: string, place: Place): void;
  /** Entries the reader has not stored yet, as far as its last mark says. */
  behind(reader: string): number;
  report(status: ReaderStatus): void;
  /** Called after each commit. One reader each. */
  onGrowth(see: () => void): void;
}

export interface Follower {
  close(): Promise<void>;
}

export interface Source extends JournalSource {
  grown(): void;
  attach(follower: Promise<Follower>): void;
  slowest(): { name: string; position: number } | undefined;
  close(): Promise<void>;
}

/** How often a reader's place is written down. */
const markEveryMs = 2_000;

export function sourceOf(segments: Segments, say: (message: ToMain) => void): Source {
  const { register } = segments;
  const marks = new Map([...register.readers()].map(([name, mark]) => [name, mark.position]));
  const written = new Map<string, number>();
  const followers: Promise<Follower>[] = [];
  const growth: (() => void)[] = [];
  return {
    get uuid() {
      return register.uuid;
    },
    get head() {
      return segments.head;
    },
    get tail() {
      return segments.tail;
    },
    pointOf: (key) => register.pointOf(key),
    read: (from, bytes, samples) => segments.read(from, bytes, samples),
    placeAt: (position) => segments.placeAt(position),
    samplesBetween: (from, to) => segments.samplesBetween(from, to),
    placeBefore: (at) => segments.placeAt(segments.positionAt(at + 1) - 1) ?? { position: 0, at: 0, seq: 0 },
    missing: (from, to) => register.drops().filter((drop) => drop.lastPosition >= from && drop.firstPosition <= to),
    rename(uuid) {
      register.rename(uuid);
      say({ type: "renewed", uuid });
    },
    mark(reader, place) {
      marks.set(reader, place.position);
      // An older mark after a crash only keeps segments longer, so not every commit pays for a sync here.
      if (performance.now() - (written.get(reader) ?? Number.NEGATIVE_INFINITY) < markEveryMs) return;
      written.set(reader, performance.now());
      register.markReader(reader, place);
    },
    behind: (reader) => segments.head.position - (marks.get(reader) ?? 0),
    report: (status) => say({ type: "reader", status }),
    onGrowth: (see) => void growth.push(see),
    grown: () => growth.forEach((see) => see()),
    attach: (follower) => void followers.push(follower),
    slowest() {
      let found: { name: string; position: number } | undefined;
      for (const [name, position] of marks) if (!found || position < found.position) found = { name, position };
      return found;
    },
    async close() {
      await Promise.all(followers.map(async (follower) => (await follower).close()));
    },
  };
}
