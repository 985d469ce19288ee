import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PointId, PointKey } from "#msgs/point.ts";
import type { StoredEntry } from "../codec/entry.ts";
import { assert } from "#src/kit/errors.ts";
import { keepPrivate } from "#src/kit/private-file.ts";
import { fileError, isDamage } from "./file-error.ts";
import type { Drop, Register } from "./register.ts";
import { SegmentReaders } from "./segment-readers.ts";
import {
  continueSegment,
  createSegment,
  type Landmark,
  type Place,
  type PlacedEntry,
  type Segment,
  type WritableSegment,
} from "./segment.ts";
import type { KnownSegment, Segments, SegmentsOptions } from "./segments.ts";

const nameOf = (firstPosition: number) => `segment-${String(firstPosition).padStart(16, "0")}.sqlite`;
const segmentName = /^segment-(\d{16})\.sqlite$/;
/** How far ahead of their use numbers are reserved: a lost newest file costs this many numbers and no confusion. */
export const reservedAhead = 1 << 20;

/** The files of an open journal. What turns out to be damaged is set aside, and the rest goes on. */
export class SegmentSet implements Segments {
  readonly register: Register;
  head: Place = { position: 0, at: 0, seq: 0 };
  readonly damaged: Drop[] = [];
  #known: KnownSegment[] = [];
  #current: WritableSegment | undefined;
  #readers = new SegmentReaders();
  #options: SegmentsOptions;

  constructor(options: SegmentsOptions, register: Register) {
    this.#options = options;
    this.register = register;
    this.#findFiles();
    this.#current = this.#continueNewest() ?? this.#begin();
  }

  get bytes(): number {
    return this.#known.reduce((sum, one) => sum + one.bytes, 0);
  }

  get tail(): number {
    return this.#known.find((one) => one.lastPosition >= one.firstPosition)?.firstPosition ?? this.head.position + 1;
  }

  list(): readonly KnownSegment[] {
    return this.#known;
  }

  append(
    entries: readonly StoredEntry[],
    versions: ReadonlyMap<StoredEntry, string>,
    keys: readonly (readonly [PointId, PointKey])[],
  ): void {
    const last = entries.at(-1);
    if (!last) return;
    if ((this.#known.at(-1)?.bytes ?? 0) >= this.#options.segmentBytes) this.#rotate();
    const current = (this.#current ??= this.#begin());
    const position = this.head.position + entries.length;
    const seq = Math.max(this.head.seq, ...[entries[0]!, last].map((entry) => entry.seq));
    const { reserved } = this.register;
    if (position >= reserved.position || seq >= reserved.seq) {
      this.register.reserve({ position: position + reservedAhead, seq: seq + reservedAhead });
    }
    if (keys.length > 0) this.register.addKeys(keys);
    current.append(this.head.position + 1, entries, versions);
    const known = this.#known.at(-1);
    assert(known, "the current segment is known");
    if (known.lastPosition < known.firstPosition) known.firstAt = entries[0]!.at;
    known.lastPosition = position;
    known.lastAt = last.at;
    this.head = { position, at: Math.max(this.head.at, last.at), seq };
    for (const entry of entries) known.bytes += entry.body.length + 48;
  }

  read(from: number, bytes: number, samples?: number): readonly PlacedEntry[] {
    for (;;) {
      const known = this.#known.find((one) => one.lastPosition >= from);
      if (!known) return [];
      try {
        const page = this.#reader(known).read(Math.max(from, known.firstPosition), bytes, samples);
        if (page.length > 0) return page;
        from = known.lastPosition + 1;
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.#setAside(known, error);
      }
    }
  }

  placeAt(position: number): Place | undefined {
    const page = this.read(position, 1);
    return page[0]?.position === position ? page[0] : undefined;
  }

  positionAt(at: number): number {
    const known = this.#known.find((one) => one.lastPosition >= one.firstPosition && one.lastAt >= at);
    return (known && this.#asked(known, (segment) => segment.positionAt(at))) ?? (known ? this.positionAt(at) : this.head.position + 1);
  }

  landmark(kind: Landmark, before = Number.MAX_SAFE_INTEGER, version?: string): number | undefined {
    for (const known of this.#known.toReversed()) {
      const found = known.firstPosition < before ? this.#asked(known, (segment) => segment.landmark(kind, before, version)) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  samplesBetween(from: number, to: number): number {
    let n = 0;
    for (const known of this.#known) {
      if (known.lastPosition >= from && known.firstPosition <= to)
        n += this.#asked(known, (segment) => segment.samplesBetween(from, to)) ?? 0;
    }
    return n;
  }

  dropOldest(why: string): Drop | undefined {
    const known = this.#known[0];
    if (!known || this.#known.length < 2) return undefined;
    const samples = this.#asked(known, (segment) => segment.samplesBetween(known.firstPosition, known.lastPosition));
    // It was found damaged just now, and is gone already.
    if (samples === undefined) return this.damaged.at(-1);
    return this.#forget(known, samples, why, (path) => rmSync(path, { force: true }));
  }

  close(clean: boolean): void {
    this.#readers.closeAll();
    this.#current?.seal();
    this.#current?.close();
    this.register.setClean(clean);
    this.register.close();
  }

  #findFiles(): void {
    const names = readdirSync(this.#options.folder).filter((name) => segmentName.test(name));
    const damaged: { known: KnownSegment; cause: unknown }[] = [];
    for (const name of names.sort()) {
      const path = join(this.#options.folder, name);
      const firstPosition = Number(segmentName.exec(name)![1]);
      const known: KnownSegment = {
        path,
        firstPosition,
        lastPosition: firstPosition - 1,
        firstAt: this.head.at,
        lastAt: this.head.at,
        bytes: 0,
      };
      this.#known.push(known);
      try {
        keepPrivate(path);
        const segment = this.#reader(known);
        if (this.register.fresh && this.register.uuid !== segment.uuid) this.register.rename(segment.uuid);
        const last = segment.last();
        if (!last) continue;
        known.lastPosition = last.position;
        known.lastAt = last.at;
        known.firstAt = segment.first()?.at ?? last.at;
        this.head = last;
        known.bytes = statSync(path).size;
      } catch (error) {
        const cause = fileError(`journal segment ${path}`, error);
        // A sound file that this machine does not let us use stays where it is: whoever mends the machine has it all.
        if (!isDamage(cause)) throw cause;
        damaged.push({ known, cause });
      }
    }
    for (const { known, cause } of damaged) this.#setAside(known, cause);
  }

  #continueNewest(): WritableSegment | undefined {
    const known = this.#known.at(-1);
    if (!known) return undefined;
    try {
      this.#readers.close(known.path);
      return continueSegment(known.path);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#setAside(known, error);
      return undefined;
    }
  }

  #begin(): WritableSegment {
    const firstPosition = this.head.position + 1;
    const path = join(this.#options.folder, nameOf(firstPosition));
    const segment = createSegment(path, this.register.uuid, firstPosition);
    this.#known.push({ path, firstPosition, lastPosition: firstPosition - 1, firstAt: this.head.at, lastAt: this.head.at, bytes: 0 });
    return segment;
  }

  #rotate(): void {
    this.#current?.seal();
    this.#current?.close();
    this.#current = this.#begin();
  }

  /** Keeps the damaged file for a person to look at, and goes on without it. */
  #setAside(known: KnownSegment, cause: unknown): void {
    const isNewest = known === this.#known.at(-1);
    this.#options.log.error("a journal segment is damaged and set aside", { file: known.path, cause: String(cause) });
    if (isNewest) {
      this.#current?.close();
      this.#current = undefined;
      const { reserved } = this.register;
      const at = Math.max(this.head.at, Math.ceil(statSync(known.path).mtimeMs * 1000));
      known.lastPosition = Math.max(known.lastPosition, reserved.position);
      known.lastAt = at;
      this.head = { position: known.lastPosition, at, seq: Math.max(this.head.seq, reserved.seq) };
    } else {
      const next = this.#known[this.#known.indexOf(known) + 1]!;
      known.lastPosition = next.firstPosition - 1;
      known.lastAt = Math.max(known.lastAt, next.firstAt);
    }
    const drop = this.#forget(known, "unknown", "a segment of the journal was damaged", (path) => renameSync(path, `${path}.damaged`));
    if (drop) this.damaged.push(drop);
  }

  #forget(known: KnownSegment, samples: number | "unknown", why: string, remove: (path: string) => void): Drop | undefined {
    this.#readers.close(known.path);
    this.#known = this.#known.filter((one) => one !== known);
    for (const path of [known.path, `${known.path}-wal`, `${known.path}-shm`]) {
      if (existsSync(path)) remove(path);
    }
    if (known.lastPosition < known.firstPosition) return undefined;
    const { firstPosition, lastPosition, firstAt: from, lastAt: to } = known;
    const drop: Drop = { firstPosition, lastPosition, from, to, samples, why };
    this.register.addDrop(drop);
    return drop;
  }

  #reader(known: KnownSegment): Segment {
    if (known === this.#known.at(-1) && this.#current?.path === known.path) return this.#current;
    return this.#readers.of(known.path);
  }

  /** Undefined also when the file turns out to be damaged, and is set aside. */
  #asked<T>(known: KnownSegment, question: (segment: Segment) => T): T | undefined {
    try {
      return question(this.#reader(known));
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#setAside(known, error);
      return undefined;
    }
  }
}
