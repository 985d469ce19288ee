import type { Cancel, LiveTime, Timers } from "#src/contract/clock.ts";
import type { DeviceSide } from "#src/contract/control.ts";
import type { DeviceId, PointId } from "#msgs/point.ts";
import type { Log } from "#src/kit/log.ts";
import { messageOf } from "#src/kit/errors.ts";
import { inTime } from "./in-time.ts";

export interface AskerParts {
  readonly devices: DeviceSide;
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly log: Log;
  readonly askEveryMs: number;
  readonly askTimeoutMs: number;
}

interface Round {
  readonly wanted: Map<symbol, PointId>;
  /** Somebody joined after the last question was put and should not wait for the pause to end. */
  fresh: boolean;
  wake: (() => void) | undefined;
}

/**
 * Asks devices what they show for as long as a command waits for it: one question in flight per device, carrying every point
 * wanted there, so that five thousand commands a second on one device are a few hundred questions.
 */
export class Asker {
  readonly #parts: AskerParts;
  readonly #rounds = new Map<DeviceId, Round>();
  #isClosed = false;

  constructor(parts: AskerParts) {
    this.#parts = parts;
  }

  want(device: DeviceId, point: PointId): Cancel {
    const me = Symbol(point);
    let round = this.#rounds.get(device);
    if (round) {
      round.wanted.set(me, point);
      round.fresh = true;
      round.wake?.();
    } else {
      round = { wanted: new Map([[me, point]]), fresh: true, wake: undefined };
      this.#rounds.set(device, round);
      void this.#run(device, round);
    }
    return () => {
      round.wanted.delete(me);
      if (round.wanted.size === 0) round.wake?.();
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const round of this.#rounds.values()) {
      round.wanted.clear();
      round.wake?.();
    }
  }

  async #run(device: DeviceId, round: Round): Promise<void> {
    const { time } = this.#parts;
    const answeredAt = time.now();
    await Promise.resolve();
    // A question put in the very microsecond of the answer would not count as put after it.
    if (time.now() <= answeredAt) await this.#pause(round, 1);
    while (round.wanted.size > 0 && !this.#isClosed) {
      round.fresh = false;
      await this.#ask(device, [...new Set(round.wanted.values())]);
      if (!round.fresh) await this.#pause(round, this.#parts.askEveryMs);
      if (round.fresh) await this.#pause(round, 1);
    }
    if (this.#rounds.get(device) === round) this.#rounds.delete(device);
  }

  async #ask(device: DeviceId, points: readonly PointId[]): Promise<void> {
    const { devices, timers, askTimeoutMs, log } = this.#parts;
    try {
      await inTime(timers, askTimeoutMs, (signal) => devices.ask(points, signal));
    } catch (error) {
      // The next round asks again; whoever waits for the answer has a deadline of its own.
      log.debug("a device did not answer a read-back", { device, points: points.length, why: messageOf(error) });
    }
  }

  #pause(round: Round, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        round.wake = undefined;
        resolve();
      };
      const cancel = this.#parts.timers.after(ms, done);
      if (ms > 1) round.wake = done;
    });
  }
}
