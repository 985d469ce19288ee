import type { FactQueue } from "#src/contract/bus.ts";
import type { MissionFrame, Plant } from "#src/contract/gateway.ts";
import type { FactStore, JournalEntry } from "#src/contract/store.ts";
import type { Opened } from "#src/contract/timeline.ts";
import type { Timers } from "#src/contract/clock.ts";
import type { Decided, MissionSpeed } from "#msgs/mission.ts";
import type { Derivation, Fact } from "#msgs/fact.ts";
import type { Timestamp } from "#msgs/time.ts";
import { Decisions } from "./decisions.ts";
import { Pace } from "./pace.ts";

/** A timeline with the standard taps, ready to be told a recording. */
export interface ReplayTimeline {
  readonly opened: Opened;
  readonly plant: Plant;
  /** Names of the taps it carries: only their recorded decisions can be compared. */
  readonly taps: ReadonlySet<string>;
  /** The newest value of every point as one batch, for a screen that joins here. */
  snapshot(): Fact[];
}

export interface RunnerParts {
  readonly id: string;
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly store: FactStore;
  readonly version: string;
  readonly open: (from: Timestamp) => ReplayTimeline;
  readonly realUs: () => number;
  readonly timers: Timers;
  readonly send: (frame: MissionFrame) => void;
}

/** How often a screen is told, at most; and how much may wait for it. */
const frameMs = 100;
const frameSamples = 50_000;

/** Retells one window of the record, at a pace, and says what was decided. One runner a start or seek; it runs once. */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #pace: Pace;
  readonly #stopping = new AbortController();
  readonly #recorded = new Decisions();
  readonly #recomputed = new Decisions();
  #replay: ReplayTimeline | undefined;
  #queue: FactQueue | undefined;
  #derived: Derivation[] = [];
  #sentAt = 0;
  #changed = new AbortController();

  constructor(parts: RunnerParts, speed: MissionSpeed) {
    this.#parts = parts;
    this.#pace = new Pace(parts.from, speed, parts.realUs());
  }

  get now(): Timestamp {
    return Math.max(this.#parts.from, Math.min(this.#parts.to, this.#replay?.opened.timeline.clock.now() ?? this.#parts.from));
  }

  get decided(): { recorded: Decided; recomputed: Decided } {
    return { recorded: this.#recorded.read(), recomputed: this.#recomputed.read() };
  }

  play(): void {
    this.#pace.play(this.now, this.#parts.realUs());
    this.#wake();
  }

  pause(): void {
    this.#pace.pause(this.now, this.#parts.realUs());
    this.#wake();
  }

  setSpeed(speed: MissionSpeed): void {
    this.#pace.setSpeed(speed, this.now, this.#parts.realUs());
    this.#wake();
  }

  stop(): void {
    this.#stopping.abort();
    this.#wake();
  }

  /** Resolves at the end of the window (true) or when stopped before (false). */
  async run(): Promise<boolean> {
    const { from, to } = this.#parts;
    const begin = await this.#prepare();
    for await (const entries of this.#parts.store.scan(begin, to)) {
      for (const entry of entries) {
        if (this.#stopping.signal.aborted) return false;
        await this.#tell(entry);
      }
      await this.#replay!.opened.into.ready();
      await this.#breathe();
    }
    if (!this.#queue) this.#show();
    if (!(await this.#reach(Math.max(from, to)))) return false;
    this.#replay!.opened.advance(to);
    this.#send();
    return true;
  }

  close(): void {
    this.#queue?.close();
    this.#replay?.opened.timeline.close();
  }

  /** Brings a fresh timeline to the newest checkpoint, or to the last description of the plant, before the window. */
  async #prepare(): Promise<Timestamp> {
    const { store, from, version, open } = this.#parts;
    const checkpoint = await store.checkpointBefore(from, version);
    const config = checkpoint ? undefined : await store.configBefore(from);
    const begin = checkpoint?.at ?? config?.at ?? from;
    this.#replay = open(begin - 1);
    if (checkpoint) this.#replay.opened.restore(checkpoint);
    return begin;
  }

  async #tell(entry: JournalEntry): Promise<void> {
    const { opened, taps } = this.#replay!;
    const { from } = this.#parts;
    if (entry.kind === "derived") {
      if (entry.derivation.at >= from && taps.has(entry.derivation.tap)) this.#recorded.add(entry.derivation);
      return;
    }
    if (entry.kind !== "fact" || entry.fact.seq <= opened.seq()) return;
    if (entry.fact.at >= from) {
      if (!this.#queue) this.#show();
      if (!(await this.#reach(entry.fact.kind === "clock" ? entry.fact.from : entry.fact.at))) return;
    }
    this.#retell(entry.fact, opened);
  }

  #retell(fact: Fact, opened: Opened): void {
    const left = opened.timeline.clock.now();
    opened.retell(fact);
    if (fact.kind === "clock") this.#pace.skip(Math.max(0, fact.at - Math.max(fact.from, left, this.#parts.from)));
  }

  /** The window begins: from here on screens are told, first of all what the plant looked like. */
  #show(): void {
    const { opened, snapshot } = this.#replay!;
    opened.advance(this.#parts.from - 1);
    this.#queue = opened.timeline.bus.queue("screens", { capacity: frameSamples, whenFull: "keep-latest" });
    opened.timeline.bus.onDerived((derivation) => {
      this.#recomputed.add(derivation);
      this.#derived.push(derivation);
    });
    this.#parts.send({ timeline: this.#parts.id, now: this.#parts.from, facts: snapshot(), derived: [] });
  }

  /** Waits until this instant may be shown, moving time meanwhile so that deadlines run when they should. */
  async #reach(at: Timestamp): Promise<boolean> {
    const { realUs, timers } = this.#parts;
    const { opened } = this.#replay!;
    for (;;) {
      if (this.#stopping.signal.aborted) return false;
      const may = this.#pace.at(realUs());
      if (may >= at) return true;
      // One microsecond short of the fact: a deadline due at its very instant belongs before it, and the loop sees to that.
      opened.advance(Math.min(may, at - 1));
      this.#sendIfDue();
      const waitMs = Math.min(frameMs, this.#pace.msUntil(at, realUs()));
      await this.#sleep(timers, Math.max(1, waitMs));
    }
  }

  async #sleep(timers: Timers, ms: number): Promise<void> {
    this.#changed = new AbortController();
    await timers.sleep(Math.ceil(ms), this.#changed.signal).catch(() => {});
  }

  #wake(): void {
    this.#changed.abort(new Error("the pace changed"));
  }

  /** Lets messages from outside (pause, seek, stop) in between batches, however fast we go. */
  async #breathe(): Promise<void> {
    this.#sendIfDue();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #sendIfDue(): void {
    if (this.#queue && this.#parts.realUs() - this.#sentAt >= frameMs * 1_000) this.#send();
  }

  #send(): void {
    this.#sentAt = this.#parts.realUs();
    const derived = this.#derived;
    this.#derived = [];
    this.#parts.send({ timeline: this.#parts.id, now: this.now, facts: this.#queue?.take() ?? [], derived });
  }
}
