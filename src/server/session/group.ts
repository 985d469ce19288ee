import type { Cancel } from "#src/contract/clock.ts";
import type { LatestValues, Plant } from "#src/contract/gateway.ts";
import type { PointId, PointKey } from "#msgs/point.ts";
import type { Sight } from "../auth/rights.ts";
import type { EdgeTime } from "../edge-time.ts";
import { matcher } from "./patterns.ts";
import { pointsFrame, valueFrame, type ValueForm } from "./value-frames.ts";

/** A session as the fan-out sees it. */
export interface Reader {
  /** More is waiting in its socket than it takes; values are held back. */
  readonly slow: boolean;
  offer(bytes: Buffer): void;
  /** So many values were replaced before it took them. */
  overtook(timeline: string, count: number): void;
}

export interface GroupSpec {
  readonly timeline: string;
  readonly patterns: readonly string[];
  readonly form: ValueForm;
  readonly periodMs: number;
  readonly sight: Sight;
}

interface Member {
  /** Points whose newest value this reader has not been given; undefined when it is up to date. */
  missed: Set<PointKey> | undefined;
  /** It was too slow at some flush since it was last up to date: what changes now replaces something it never got. */
  behind: boolean;
  overtaken: number;
}

/** Values are gathered for at least this long, so that a burst of small facts becomes one frame. */
const gatherMs = 5;

export function groupKey(spec: GroupSpec): string {
  return JSON.stringify([spec.timeline, [...spec.patterns].sort(), spec.form, spec.periodMs, spec.sight.key]);
}

/**
 * Everybody who asked for the same. What changed is noted per point, turned into one frame per period, and the same bytes
 * go to every reader. A reader that is behind is noted the points it missed, never their values: memory is bounded by the
 * number of points, and it gets the newest value of each when it reads again.
 */
export class Group {
  readonly spec: GroupSpec;
  readonly points = new Map<PointKey, PointId>();
  readonly #latest: LatestValues;
  readonly #time: EdgeTime;
  readonly #members = new Map<Reader, Member>();
  #changed = new Set<PointKey>();
  #pointsFrame: Buffer | undefined;
  #flushedAtMs = Number.NEGATIVE_INFINITY;
  #cancel: Cancel | undefined;

  constructor(spec: GroupSpec, latest: LatestValues, time: EdgeTime) {
    this.spec = spec;
    this.#latest = latest;
    this.#time = time;
  }

  get readers(): number {
    return this.#members.size;
  }

  /** Which points are meant, by the plant as it is now. */
  describe(plant: Plant): void {
    const means = matcher(this.spec.patterns);
    const before = [...this.points].join();
    this.points.clear();
    for (const point of plant.points.values()) if (means(point.id) && this.spec.sight.point(point.id)) this.points.set(point.key, point.id);
    if ([...this.points].join() === before) return;
    this.#pointsFrame = undefined;
    for (const [reader, member] of this.#members) this.#welcome(reader, member);
  }

  join(reader: Reader): void {
    const member: Member = { missed: undefined, behind: false, overtaken: 0 };
    this.#members.set(reader, member);
    this.#welcome(reader, member);
  }

  leave(reader: Reader): void {
    this.#members.delete(reader);
    if (this.#members.size === 0) this.close();
  }

  mark(key: PointKey): void {
    this.#changed.add(key);
    if (!this.#cancel) this.#schedule();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** A reader that comes, or whose points changed, is given names first and then everything. */
  #welcome(reader: Reader, member: Member): void {
    if (this.spec.form === "columns")
      reader.offer((this.#pointsFrame ??= pointsFrame(this.spec.timeline, this.#named(this.points.keys()))));
    member.missed = new Set(this.points.keys());
    if (!this.#cancel) this.#schedule();
  }

  #schedule(): void {
    const waitMs = Math.max(gatherMs, this.#flushedAtMs + this.spec.periodMs - this.#time.monotonicMs());
    this.#cancel = this.#time.after(waitMs, () => this.#flush());
  }

  #flush(): void {
    this.#cancel = undefined;
    this.#flushedAtMs = this.#time.monotonicMs();
    const changed = this.#changed;
    this.#changed = new Set();
    let shared: Buffer | undefined;
    let behind = false;
    for (const [reader, member] of this.#members) {
      if (member.missed || reader.slow) {
        if (reader.slow) behind = member.behind = true;
        this.#hold(member, changed);
        if (reader.slow) continue;
        this.#catchUp(reader, member);
      } else if (changed.size > 0) {
        shared ??= valueFrame(this.spec.timeline, this.spec.form, this.#named(changed), this.#latest);
        if (shared) reader.offer(shared);
      }
    }
    // Nothing may change any more, and yet a slow reader is owed what it missed.
    if (behind && !this.#cancel) this.#schedule();
  }

  #hold(member: Member, changed: ReadonlySet<PointKey>): void {
    const missed = (member.missed ??= new Set());
    for (const key of changed) {
      if (missed.has(key) && member.behind) member.overtaken++;
      missed.add(key);
    }
  }

  #catchUp(reader: Reader, member: Member): void {
    const bytes = valueFrame(this.spec.timeline, this.spec.form, this.#named(member.missed ?? []), this.#latest);
    const { overtaken } = member;
    Object.assign(member, { missed: undefined, behind: false, overtaken: 0 });
    if (bytes) reader.offer(bytes);
    if (overtaken > 0) reader.overtook(this.spec.timeline, overtaken);
  }

  *#named(keys: Iterable<PointKey>): Iterable<readonly [PointId, PointKey]> {
    for (const key of keys) {
      const id = this.points.get(key);
      if (id !== undefined) yield [id, key];
    }
  }
}
