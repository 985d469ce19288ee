import type { Binding, Connection, PushedReading, Subscription } from "#src/contract/adapter.ts";
import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { PointId } from "#msgs/point.ts";
import { usPerMs } from "#msgs/time.ts";
import type { Answer, Silence } from "./silence.ts";
import type { Mending } from "./mending.ts";
import { slept, within } from "./waiting.ts";

type About = Parameters<Parameters<NonNullable<Connection["subscribe"]>>[1]>[1];

export interface ListeningParts {
  readonly connection: Connection;
  readonly silence: Silence;
  readonly mending: Mending;
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly heard: (readings: readonly PushedReading[], about: About) => void;
  /** Asks these points now and delivers the answers; never rejects. */
  readonly ask: (bindings: readonly Binding[]) => Promise<ReadonlyMap<PointId, Answer>>;
  /** Tells people: these points should have spoken and did not, or speak again. */
  readonly tell: (state: "silent" | "heard", points: readonly PointId[]) => void;
  /** Points that turned out to be impossible to listen to, to be polled. */
  readonly refused: (bindings: readonly Binding[]) => void;
}

/** Looks are a quarter of the fastest rhythm apart, within these. */
const lookEveryMs = { least: 50, most: 500 };
/** Time that passed beyond what was slept: we stood still, or the clock was put forward. */
const stoodStillMs = 250;
const closeWithinMs = 2_000;
/** An answer that takes longer is none, whatever the adapter's own time-outs are. */
const answerWithinMs = 10_000;

/**
 * Listens to some points of one device over one connection, and looks whether they fall silent although it stands. Who is silent
 * is decided in `silence.ts`; what is done about it in `mending.ts`.
 */
export class Listening {
  readonly #parts: ListeningParts;
  readonly #bindings: readonly Binding[];
  readonly #signal: AbortSignal;
  #subscription: Subscription | undefined;
  #subscribing: Promise<void> = Promise.resolve();
  /** Pushes of an earlier subscription may still come, and are about addresses that may not be right any more. */
  #turn = 0;
  #refused: ReadonlySet<PointId> = new Set();
  #back: PointId[] = [];
  #isAsking = false;
  #isLost = false;

  constructor(parts: ListeningParts, bindings: readonly Binding[], signal: AbortSignal) {
    this.#parts = parts;
    this.#bindings = bindings;
    this.#signal = signal;
    void parts.connection.lost.then(() => (this.#isLost = true));
  }

  /** Listens from now on, to all or to all again, one after the other. Rejects when the device does not take it. */
  subscribe(): Promise<void> {
    const next = this.#subscribing.then(() => this.#subscribe());
    this.#subscribing = next.catch(() => undefined);
    return next;
  }

  async #subscribe(): Promise<void> {
    const { connection, refused, silence, time } = this.#parts;
    await this.#letGo();
    if (this.#signal.aborted) throw this.#signal.reason;
    const turn = ++this.#turn;
    const push = (readings: readonly PushedReading[], about: About): void => {
      if (turn === this.#turn && !this.#signal.aborted && !this.#isLost) this.#hear(readings, about);
      else about?.settled?.(false);
    };
    this.#subscription = await connection.subscribe!(this.#bindings, push, this.#signal);
    // The serving ended meanwhile, and whoever lets go of subscriptions then had none to let go of.
    if (this.#signal.aborted) return this.#letGo();
    silence.waitFrom(time.now());
    const polled = this.#subscription.refused.map(({ point }) => point);
    this.#refused = new Set(polled);
    // What is polled from now on is not waited for to speak by itself.
    this.#back.push(...polled.filter((point) => silence.silent.has(point)));
    silence.forget(polled);
    refused(this.#subscription.refused);
  }

  /** Watches until the signal ends it. */
  async watch(): Promise<void> {
    const { time, timers, silence, mending } = this.#parts;
    while (!this.#signal.aborted) {
      const lookMs = Math.max(lookEveryMs.least, Math.min(lookEveryMs.most, (silence.shortestUs ?? Infinity) / usPerMs / 4));
      const before = time.now();
      if (!(await slept(timers, lookMs, this.#signal))) return;
      const overMs = (time.now() - before) / usPerMs - lookMs;
      if (overMs > stoodStillMs) silence.stoodStill(before, overMs * usPerMs);
      this.#tellBack();
      this.#look();
      if (silence.silent.size > 0) mending.begin(this, this.#signal);
    }
  }

  /** Asks what was spoilt while the device was away; where nobody can be asked, a new subscription brings it. */
  async refresh(points: ReadonlySet<PointId>): Promise<void> {
    const wanted = this.#bindings.filter(({ point }) => points.has(point) && !this.#refused.has(point));
    if (wanted.length === 0) return;
    const answers = await this.#parts.ask(wanted);
    if (this.#signal.aborted || [...answers.values()].every((answer) => answer !== "cannot be asked")) return;
    await this.subscribe().catch(() => undefined);
  }

  /** The silent points, asked so that people see what they show meanwhile. */
  async askSilent(): Promise<void> {
    const { silence, ask } = this.#parts;
    const wanted = this.#bindings.filter(({ point }) => silence.silent.has(point));
    if (wanted.length > 0) await ask(wanted);
  }

  /** Lets go of the subscription while the connection goes on; a device that does not answer is not waited for. */
  async close(): Promise<void> {
    await this.#letGo();
  }

  async #letGo(): Promise<void> {
    const { connection, timers } = this.#parts;
    const subscription = this.#subscription;
    this.#subscription = undefined;
    this.#turn++;
    if (!subscription || this.#isLost) return;
    const closed = Promise.race([subscription.close(), connection.lost]).catch(() => undefined);
    await within(timers, closeWithinMs, closed);
  }

  #hear(readings: readonly PushedReading[], about: About): void {
    const { heard, silence, time } = this.#parts;
    heard(readings, about);
    if (about?.retained || about?.historical) return;
    this.#back.push(...silence.heard(time.now(), readings.map(({ binding, raw }) => [binding.point, raw] as const))); // prettier-ignore
  }

  /** A thousand points that speak again one by one are one piece of news. */
  #tellBack(): void {
    const back = this.#back.splice(0);
    if (back.length > 0) this.#parts.tell("heard", back);
  }

  #look(): void {
    const { silence, time, tell } = this.#parts;
    const listened = this.#bindings.filter(({ point }) => !this.#refused.has(point));
    const found = silence.look(time.now(), listened.map(({ point }) => point)); // prettier-ignore
    if (found.silent.length > 0) tell("silent", found.silent);
    if (found.ask.length === 0 || this.#isAsking) return;
    const asked = new Set(found.ask);
    this.#isAsking = true;
    void this.#ask(listened.filter(({ point }) => asked.has(point))).finally(() => (this.#isAsking = false));
  }

  async #ask(bindings: readonly Binding[]): Promise<void> {
    const { silence, time, timers, ask, tell } = this.#parts;
    const askedUs = time.now();
    const answers = await within(timers, answerWithinMs, ask(bindings));
    if (this.#signal.aborted) return;
    const now = time.now();
    const silent = bindings.filter(({ point }) => silence.answered(now, point, askedUs, answers?.get(point) ?? "no answer"));
    if (silent.length > 0) tell("silent", silent.map(({ point }) => point)); // prettier-ignore
  }
}
