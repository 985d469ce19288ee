import type { LiveTime, Timers } from "#src/contract/clock.ts";
import { usPerMs } from "#msgs/time.ts";
import type { Silence } from "./silence.ts";
import { slept } from "./waiting.ts";

/** What can be done about a device that says nothing. */
export interface Mendable {
  subscribe(): Promise<void>;
  askSilent(): Promise<void>;
}

export interface MendingParts {
  readonly silence: Silence;
  readonly time: LiveTime;
  readonly timers: Timers;
  /** Whether another device behind this link pushed something since then: the link carries pushes, and is not made anew for one. */
  readonly neighboursPushedSince: (us: number) => boolean;
  readonly connectAnew: () => void;
}

/** How long a new subscription is given, in intervals of the slowest silent point and within these. */
const provesWithin = 3;
const provesMs = { least: 500, most: 300_000 };
/** While points are silent they are asked this often, so that what people see is what they show. */
const askEveryMs = 5_000;
/** Pauses between two rounds, doubling; and between two new connections. */
const roundPauseMs = { first: 1_000, most: 300_000 };
const connectPauseMs = { first: 60_000, most: 3_600_000 };

/**
 * Mends the silence of one device, the gentlest way first: subscribe anew, ask, connect anew; again and again with growing pauses
 * until it is heard. Lives longer than a connection, so that a device that stays silent is not a reason to connect all the time.
 */
export class Mending {
  readonly #parts: MendingParts;
  #isUnderWay = false;
  #rounds = 0;
  #connects = 0;
  #connectAgainUs = 0;

  constructor(parts: MendingParts) {
    this.#parts = parts;
  }

  /** Nothing when it is under way already. */
  begin(device: Mendable, signal: AbortSignal): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    void this.#run(device, signal).finally(() => (this.#isUnderWay = false));
  }

  async #run(device: Mendable, signal: AbortSignal): Promise<void> {
    while (this.#goesOn(signal)) {
      await device.subscribe().catch(() => undefined);
      await this.#wait(device, this.#proveMs(), signal);
      if (!this.#goesOn(signal)) break;
      await device.askSilent();
      this.#connectAnew(signal);
      await this.#wait(device, Math.min(roundPauseMs.first * 2 ** this.#rounds++, roundPauseMs.most), signal);
    }
    if (this.#parts.silence.silent.size === 0) this.#rounds = this.#connects = this.#connectAgainUs = 0;
  }

  #goesOn(signal: AbortSignal): boolean {
    return !signal.aborted && this.#parts.silence.silent.size > 0;
  }

  #proveMs(): number {
    const wanted = (provesWithin * this.#parts.silence.slowestSilentUs) / usPerMs;
    return Math.max(provesMs.least, Math.min(provesMs.most, wanted));
  }

  async #wait(device: Mendable, ms: number, signal: AbortSignal): Promise<void> {
    for (let left = ms; left > 0 && this.#goesOn(signal); left -= askEveryMs) {
      await slept(this.#parts.timers, Math.min(left, askEveryMs), signal);
      if (left > askEveryMs && this.#goesOn(signal)) await device.askSilent();
    }
  }

  #connectAnew(signal: AbortSignal): void {
    const { silence, time, neighboursPushedSince, connectAnew } = this.#parts;
    const now = time.now();
    if (!this.#goesOn(signal) || now < this.#connectAgainUs || neighboursPushedSince(silence.lastHeardUs)) return;
    this.#connectAgainUs = now + Math.min(connectPauseMs.first * 2 ** this.#connects++, connectPauseMs.most) * usPerMs;
    connectAnew();
  }
}
