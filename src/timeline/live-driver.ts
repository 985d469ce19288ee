import type { Cancel, Timers } from "#src/contract/clock.ts";
import type { Intake } from "#src/contract/bus.ts";
import type { Opened } from "#src/contract/timeline.ts";
import type { FactBody, GapFact } from "#msgs/fact.ts";
import type { PointKey } from "#msgs/point.ts";
import type { Samples } from "#msgs/sample.ts";
import type { Timestamp } from "#msgs/time.ts";
import { usPerMs, usPerSecond } from "#msgs/time.ts";
import type { SlewedTime } from "./live-time.ts";

/** How often the driver looks at the clock when nothing is due sooner. */
const heartbeatMs = 250;

export interface LiveDriverParts {
  readonly opened: Opened;
  readonly time: SlewedTime;
  readonly timers: Timers;
  /** Runs after everything already received has been handled: one turn of the event loop. */
  readonly afterArrivals: (run: () => void) => void;
  /** Samples accepted by the record and not yet durable. */
  readonly backlog: () => number;
  /** Above this, samples are shed before they are stamped. */
  readonly backlogAtMost: number;
}

interface Shed {
  readonly from: Timestamp;
  lost: number;
  /** Points that were said to be bad since: nothing good of them gets in before this ends, so once is enough. */
  readonly spoilt: Set<PointKey>;
}

/**
 * Moves the live timeline with real time. Live never waits: what arrives is stamped on receipt; when the record cannot keep
 * up, samples are shed before the stamp, counted per stream, and declared as a gap once there is room again.
 */
export class LiveDriver implements Intake {
  readonly #parts: LiveDriverParts;
  readonly #shed = new Map<string, Shed>();
  #cancelTimer: Cancel | undefined;
  #armedFor: Timestamp = Number.POSITIVE_INFINITY;
  #nextTick: Timestamp;
  #running = false;

  constructor(parts: LiveDriverParts) {
    this.#parts = parts;
    this.#nextTick = parts.time.now() + usPerSecond;
  }

  /** Declares where the clock stands and begins to move time. */
  start(): void {
    const { time, opened } = this.#parts;
    const now = time.now();
    opened.into.publish(
      { kind: "clock", from: opened.timeline.clock.now(), why: "started", wallAheadUs: time.wallAheadUs, trusted: time.trusted() },
      now,
    );
    this.#running = true;
    this.#arm();
  }

  stop(): void {
    this.#running = false;
    this.#cancelTimer?.();
    this.#declareShed();
  }

  publish(fact: FactBody): void {
    if (fact.kind === "samples" && this.#isShed(fact.samples.stream, fact.samples.keys.length)) return;
    this.#parts.opened.into.publish(fact, this.#parts.time.now());
    this.#rearm();
  }

  /**
   * Publishes a batch and answers with its seq, or undefined when it was shed: a late-acknowledging protocol must know. A spoil,
   * which says that values are not to be had, is never shed: a point that nobody asks would look good until it speaks again.
   */
  offer(samples: Samples, isSpoil = false): number | undefined {
    // What a source can hand over again is not lost when it is turned away; it gives way before live samples must.
    if (samples.resume && this.#parts.backlog() > this.#parts.backlogAtMost / 2) return undefined;
    if (isSpoil ? this.#isKnown(samples) : this.#isShed(samples.stream, samples.keys.length)) return undefined;
    this.#parts.opened.into.publish({ kind: "samples", samples }, this.#parts.time.now());
    this.#rearm();
    return this.#parts.opened.seq();
  }

  ready(): Promise<void> {
    return this.#parts.opened.into.ready();
  }

  /** How many samples were dropped per stream since the last declaration. */
  get shedding(): ReadonlyMap<string, Readonly<Shed>> {
    return this.#shed;
  }

  #isShed(stream: string, count: number): boolean {
    if (this.#parts.backlog() <= this.#parts.backlogAtMost) {
      if (this.#shed.size > 0 && this.#parts.backlog() <= this.#parts.backlogAtMost / 2) this.#declareShed();
      if (!this.#shed.has(stream)) return false;
      // A stream that is being shed stays shed until the backlog has halved, so that the gap is one stretch and not a comb.
    }
    const shed = this.#shed.get(stream);
    if (shed) shed.lost += count;
    else this.#shed.set(stream, { from: this.#parts.time.now(), lost: count, spoilt: new Set() });
    return true;
  }

  /**
   * Whether all of these points were said to be bad since their stream is being shed. It bounds what gets in past the bound: a
   * device that answers every other question would otherwise add its points with each of them.
   */
  #isKnown({ stream, keys }: Samples): boolean {
    const shed = this.#shed.get(stream);
    if (!shed) return false;
    const before = shed.spoilt.size;
    for (const key of keys) shed.spoilt.add(key);
    if (shed.spoilt.size > before) return false;
    shed.lost += keys.length;
    return true;
  }

  #declareShed(): void {
    const to = this.#parts.time.now();
    for (const [stream, { from, lost }] of this.#shed) {
      const gap: GapFact = { kind: "gap", stream, from, to, lost, why: "the journal could not keep up" };
      this.#parts.opened.into.publish(gap, to);
    }
    this.#shed.clear();
  }

  /** Having stood still, everything that arrived meanwhile is heard before time moves past it. */
  #beat(): void {
    if (!this.#running) return;
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#parts.time.now();
    if (this.#parts.time.stalled) this.#parts.afterArrivals(() => this.#move());
    else this.#move();
  }

  #move(): void {
    if (!this.#running) return;
    const { opened, time, backlog, backlogAtMost } = this.#parts;
    const told = time.settle();
    if (told) opened.into.publish(told.fact, told.at);
    const now = time.now();
    opened.advance(now);
    if (now >= this.#nextTick) {
      opened.into.publish({ kind: "tick" }, now);
      this.#nextTick = now + usPerSecond;
    }
    if (this.#shed.size > 0 && backlog() <= backlogAtMost / 2) this.#declareShed();
    this.#arm();
  }

  #rearm(): void {
    const due = this.#parts.opened.nextDue();
    if (due !== undefined && due < this.#armedFor && this.#running) this.#arm();
  }

  #arm(): void {
    const now = this.#parts.time.now();
    const due = Math.min(this.#parts.opened.nextDue() ?? Number.POSITIVE_INFINITY, now + heartbeatMs * usPerMs);
    this.#cancelTimer?.();
    this.#armedFor = due;
    this.#cancelTimer = this.#parts.timers.after(Math.max(1, Math.ceil((due - now) / usPerMs)), () => this.#beat());
  }
}
