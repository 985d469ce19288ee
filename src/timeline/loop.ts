import type { DeadlineKey, Tap, TapEnv, TapFactory } from "#src/contract/bus.ts";
import type { Checkpoint, Recorder } from "#src/contract/timeline.ts";
import type { Derivation, Fact, FactBody } from "#msgs/fact.ts";
import type { Timestamp } from "#msgs/time.ts";
import { assert } from "#src/kit/errors.ts";
import { Deadlines } from "./deadlines.ts";

/** What stands behind the taps: everything that only listens. */
export interface Listeners {
  fact(fact: Fact): void;
  derived(derivation: Derivation): void;
}

/**
 * Where time moves. One thing happens at a time: a deadline or a fact, whichever is earlier, each reaching every tap before
 * the next. What a tap or a deadline publishes meanwhile waits until the current one has been everywhere.
 */
export class Loop {
  #now: Timestamp;
  #seq: number;
  #busy = false;
  readonly #deadlines = new Deadlines();
  readonly #taps: readonly Tap[];
  readonly #byName: ReadonlyMap<string, Tap>;
  readonly #waiting: FactBody[] = [];
  readonly #listeners: Listeners;
  readonly #recorder: Recorder | undefined;

  constructor(spec: { from: Timestamp; seq: number; taps: readonly TapFactory[]; recorder?: Recorder | undefined; listeners: Listeners }) {
    this.#now = spec.from;
    this.#seq = spec.seq;
    this.#listeners = spec.listeners;
    this.#recorder = spec.recorder;
    this.#taps = spec.taps.map((factory) => this.#attach(factory));
    this.#byName = new Map(this.#taps.map((tap) => [tap.name, tap]));
    assert(this.#byName.size === this.#taps.length, "two taps of one timeline have the same name");
  }

  now(): Timestamp {
    return this.#now;
  }

  get seq(): number {
    return this.#seq;
  }

  nextDue(): Timestamp | undefined {
    const due = this.#deadlines.firstDue;
    return due === Number.POSITIVE_INFINITY ? undefined : due;
  }

  /** Stamps and delivers. `at` before now is now: time never goes back, however late somebody says something. */
  publish(body: FactBody, at: Timestamp = this.#now): void {
    if (this.#busy) {
      this.#waiting.push(body);
      return;
    }
    this.#alone(() => this.#stamp(body, Math.max(at, this.#now)));
  }

  /** Delivers a recorded fact with the stamp it has. */
  retell(fact: Fact): void {
    assert(!this.#busy, "a recording cannot be retold from inside a tap");
    assert(fact.seq > this.#seq && fact.at >= this.#now, `fact ${fact.seq} at ${fact.at} is retold after ${this.#seq} at ${this.#now}`);
    this.#alone(() => {
      this.#reach(fact, fact.at);
      this.#deliver(fact);
    });
  }

  /** Time passes with nothing new: deadlines up to and including `to` run, each seeing exactly its own instant. */
  advance(to: Timestamp): void {
    assert(!this.#busy, "time cannot be moved from inside a tap");
    if (to <= this.#now) return;
    this.#alone(() => this.#runDeadlines(to));
    this.#now = to;
  }

  save(version: string): Checkpoint {
    assert(!this.#busy, "state cannot be saved in the middle of a fact");
    return {
      at: this.#now,
      seq: this.#seq,
      version,
      taps: Object.fromEntries(this.#taps.map((tap) => [tap.name, tap.save()])),
      deadlines: this.#deadlines.all().map(({ due, tap, key }) => [due, tap, key] as const),
    };
  }

  restore(checkpoint: Checkpoint): void {
    assert(!this.#busy, "state cannot be restored in the middle of a fact");
    this.#now = checkpoint.at;
    this.#seq = checkpoint.seq;
    for (const tap of this.#taps) if (tap.name in checkpoint.taps) tap.restore(structuredClone(checkpoint.taps[tap.name]));
    this.#deadlines.clear();
    for (const [due, tap, key] of checkpoint.deadlines) if (this.#byName.has(tap)) this.#deadlines.set(due, tap, key);
  }

  #attach(factory: TapFactory): Tap {
    let name = "";
    const env: TapEnv = {
      now: () => this.#now,
      at: (due, key) => this.#deadlines.set(due, name, key),
      cancel: (key: DeadlineKey) => this.#deadlines.cancel(name, key),
      derive: (subject, state, detail) =>
        this.#derived({ at: this.#now, seq: this.#seq, tap: name, subject, state, ...(detail && { detail }) }),
    };
    const tap = factory(env);
    name = tap.name;
    return tap;
  }

  #alone(work: () => void): void {
    this.#busy = true;
    try {
      work();
      this.#settle();
    } finally {
      this.#busy = false;
    }
  }

  /** The stamp is given after earlier deadlines have run, since they may publish facts of their own. */
  #stamp(body: FactBody, at: Timestamp): void {
    this.#reach(body, at);
    this.#deliver({ ...body, at, seq: this.#seq + 1 } as Fact);
  }

  #reach(body: FactBody, at: Timestamp): void {
    if (body.kind === "clock") this.#jump(body.from, at);
    else this.#runDeadlines(at);
  }

  #deliver(fact: Fact): void {
    this.#now = fact.at;
    this.#seq = fact.seq;
    this.#recorder?.fact(fact);
    for (const tap of this.#taps) tap.see(fact);
    this.#listeners.fact(fact);
  }

  /** Nobody lived through the time between: what was due before it runs, everything later moves along. */
  #jump(from: Timestamp, to: Timestamp): void {
    const left = Math.max(from, this.#now);
    this.#runDeadlines(left);
    if (to > left) this.#deadlines.shift(to - left);
  }

  #runDeadlines(to: Timestamp): void {
    for (let deadline = this.#deadlines.take(to); deadline; deadline = this.#deadlines.take(to)) {
      this.#now = Math.max(this.#now, deadline.due);
      this.#byName.get(deadline.tap)!.due(deadline.key);
      this.#publishWaiting();
    }
  }

  /** After a fact: what it made due at once, and what was published meanwhile, until nothing is left. */
  #settle(): void {
    this.#runDeadlines(this.#now);
    this.#publishWaiting();
  }

  #publishWaiting(): void {
    for (let body = this.#waiting.shift(); body; body = this.#waiting.shift()) {
      this.#stamp(body, this.#now);
    }
  }

  #derived(derivation: Derivation): void {
    this.#recorder?.derived(derivation);
    this.#listeners.derived(derivation);
  }
}
