import type { Binding, Connection, PushedReading, Subscription } from "#src/contract/adapter.ts";
import type { Cancel, LiveTime, Timers } from "#src/contract/clock.ts";
import type { PointId } from "#msgs/point.ts";
import { usPerMs } from "#msgs/time.ts";
import { Cadence, isDoubtful } from "./cadence.ts";

type About = Parameters<Parameters<NonNullable<Connection["subscribe"]>>[1]>[1];

export interface ListeningParts {
  readonly connection: Connection;
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly heard: (readings: readonly PushedReading[], about: About) => void;
  /** Asks these points now and delivers the answers; rejects when the device does not answer. */
  readonly ask: (bindings: readonly Binding[]) => Promise<ReadonlyMap<PointId, unknown>>;
  /** Tells people: these points should have spoken and did not, or speak again. */
  readonly tell: (state: "silent" | "heard", points: readonly PointId[]) => void;
  /** Whether anybody else on this link was heard since then: the link works, and is not made anew for one silent device. */
  readonly neighboursHeardSince: (us: number) => boolean;
}

const lookEveryMs = 500;
const closeWithinMs = 2_000;

/**
 * Listens to some points of one device and notices when they fall silent although the link stands. A doubted point is asked;
 * if it shows what was last heard it was merely quiet. Otherwise it is told and mended, the gentlest way first: subscribe
 * anew, then connect anew, unless its neighbours are heard over the same link.
 */
export class Listening {
  readonly #parts: ListeningParts;
  readonly #cadences = new Map<PointId, Cadence>();
  readonly #silent = new Set<PointId>();
  #subscription: Subscription | undefined;
  #mends = 0;
  #isLost = false;

  constructor(parts: ListeningParts) {
    this.#parts = parts;
    void parts.connection.lost.then(() => (this.#isLost = true));
  }

  /** Points that turned out to be impossible to listen to. Rejects when the device does not take the subscription. */
  async subscribe(bindings: readonly Binding[], signal: AbortSignal): Promise<readonly Binding[]> {
    this.#subscription = await this.#parts.connection.subscribe!(bindings, (readings, about) => this.#hear(readings, about), signal);
    return this.#subscription.refused;
  }

  /** Watches until the signal ends it. */
  async watch(bindings: readonly Binding[], signal: AbortSignal): Promise<void> {
    const { time, timers } = this.#parts;
    while (!signal.aborted) {
      try {
        await timers.sleep(lookEveryMs, signal);
      } catch {
        return;
      }
      const now = time.now();
      const doubted = bindings.filter(({ point }) => !this.#silent.has(point) && isDoubtful(this.#cadenceOf(point), now));
      if (doubted.length > 0) await this.#doubt(doubted, bindings, signal);
    }
  }

  /** Lets go of the subscription while the connection goes on; a device that does not answer is not waited for. */
  async close(): Promise<void> {
    const { connection, timers } = this.#parts;
    if (this.#isLost || !this.#subscription) return;
    let cancel: Cancel = () => {};
    const late = new Promise<void>((resolve) => (cancel = timers.after(closeWithinMs, resolve)));
    await Promise.race([this.#subscription.close().catch(() => {}), connection.lost, late]);
    cancel();
  }

  #hear(readings: readonly PushedReading[], about: About): void {
    this.#parts.heard(readings, about);
    if (about?.retained || about?.historical) return;
    const now = this.#parts.time.now();
    for (const { binding, raw } of readings) this.#cadenceOf(binding.point).heard(now, raw);
    const back = readings.map(({ binding }) => binding.point).filter((point) => this.#silent.delete(point));
    if (back.length === 0) return;
    this.#mends = 0;
    this.#parts.tell("heard", back);
  }

  async #doubt(doubted: readonly Binding[], all: readonly Binding[], signal: AbortSignal): Promise<void> {
    const silent = await this.#stillSilent(doubted);
    if (signal.aborted || silent.length === 0) return;
    for (const { point } of silent) this.#silent.add(point);
    this.#parts.tell("silent", silent.map(({ point }) => point)); // prettier-ignore
    await this.#mend(all, signal);
  }

  /** Asks: a device that answers with what was last heard was quiet, and its rhythm was no rhythm. */
  async #stillSilent(doubted: readonly Binding[]): Promise<readonly Binding[]> {
    let answers: ReadonlyMap<PointId, unknown>;
    try {
      answers = await this.#parts.ask(doubted);
    } catch {
      return doubted;
    }
    return doubted.filter(({ point }) => {
      const cadence = this.#cadenceOf(point);
      const wasQuiet = answers.has(point) && answers.get(point) === cadence.value;
      if (wasQuiet) cadence.forget();
      return !wasQuiet;
    });
  }

  async #mend(bindings: readonly Binding[], signal: AbortSignal): Promise<void> {
    if (this.#mends++ > 0) return this.#connectAnew();
    try {
      await this.#subscription?.close();
      await this.subscribe(bindings, signal);
      await this.#parts.timers.sleep(this.#slowestMs(), signal);
    } catch {
      if (!signal.aborted) this.#connectAnew();
      return;
    }
    if (this.#silent.size > 0) this.#connectAnew();
  }

  #connectAnew(): void {
    const last = Math.max(0, ...[...this.#silent].map((point) => this.#cadenceOf(point).lastUs ?? 0));
    if (!this.#parts.neighboursHeardSince(last)) void this.#parts.connection.close();
  }

  /** How long the slowest of the silent points may take to prove that the new subscription works. */
  #slowestMs(): number {
    const expected = [...this.#silent].map((point) => this.#cadenceOf(point).expectedUs ?? 0);
    return Math.max(lookEveryMs, (3 * Math.max(...expected)) / usPerMs);
  }

  #cadenceOf(point: PointId): Cadence {
    let cadence = this.#cadences.get(point);
    if (!cadence) this.#cadences.set(point, (cadence = new Cadence()));
    return cadence;
  }
}
