import type { Binding, Connection, Push, Reading } from "#src/contract/adapter.ts";
import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { DeviceId, PointId } from "#msgs/point.ts";
import type { Random } from "#src/kit/random.ts";
import type { Outlet } from "./outlet.ts";
import { usPerMs } from "#msgs/time.ts";
import { isGood } from "#msgs/quality.ts";
import { backOff } from "#src/kit/back-off.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { Listening } from "./listening.ts";
import { Mending } from "./mending.ts";
import { Silence, type Answer } from "./silence.ts";
import { slept } from "./waiting.ts";

const subscribeAgainMs = { firstMs: 1_000, ceilingMs: 30_000 };

export interface ListenedParts {
  readonly adapter: string;
  readonly device: DeviceId;
  readonly outlet: Outlet;
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly random: Random;
  readonly neighboursPushedSince: (us: number) => boolean;
  readonly connectAnew: () => void;
  /** How many points the device has, the polled ones included. */
  readonly count: () => number;
  /** Asks now and delivers what comes back; rejects when the device does not answer. */
  readonly ask: (connection: Connection, bindings: readonly Binding[], signal: AbortSignal) => Promise<readonly Reading[]>;
  readonly heard: Push;
  readonly failed: (error: unknown, bindings: readonly Binding[]) => void;
  /** Polls what turned out to be impossible to listen to, until the signal ends it. */
  readonly poll: (connection: Connection, bindings: readonly Binding[], signal: AbortSignal) => Promise<void>;
}

/** The points of one device that are listened to, over one connection after the other: what is known of them stays. */
export class Listened {
  readonly #parts: ListenedParts;
  readonly #silence = new Silence();
  readonly #mending: Mending;
  #listening: Listening | undefined;
  /** Whether all of the device is told as silent. */
  #isSilent = false;
  /** Points that were made bad while the device was away: nobody says by himself that they are good again. */
  readonly #spoilt = new Set<PointId>();

  constructor(parts: ListenedParts) {
    this.#parts = parts;
    this.#mending = new Mending({ ...parts, silence: this.#silence });
  }

  /** None of the device's points says anything. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Which points say nothing, for a person. */
  get reason(): string | undefined {
    const { silent } = this.#silence;
    const count = this.#parts.count();
    if (silent.size === 0) return undefined;
    if (silent.size === count) return "connected, and says nothing";
    const named = [...silent].slice(0, 3).join(", ");
    return `connected, and ${silent.size} of ${count} points say nothing: ${named}${silent.size > 3 ? ", …" : ""}`;
  }

  /** Listens and looks after it until the signal ends it. */
  async serve(connection: Connection, bindings: readonly Binding[], signal: AbortSignal): Promise<void> {
    const { timers, random, failed } = this.#parts;
    this.#silence.expect(bindings.map(({ point, speaksWithinMs: ms }) => [point, ms === undefined ? undefined : ms * usPerMs]));
    const retry = backOff({ ...subscribeAgainMs, random });
    const polls: Promise<void>[] = [];
    const listening = this.#listeningTo(connection, bindings, polls, signal);
    this.#listening = listening;
    while (!signal.aborted) {
      try {
        await listening.subscribe();
        await listening.watch();
      } catch (error) {
        if (signal.aborted) break;
        failed(error, bindings);
        if (!(await slept(timers, retry.next(), signal))) break;
      }
    }
    await Promise.all([listening.close(), ...polls]);
  }

  /** Points that left, or mean something else from now on. */
  forget(points: readonly PointId[]): void {
    this.#silence.forget(points);
  }

  spoilt(bindings: readonly Binding[]): void {
    for (const { point, pollMs } of bindings) if (pollMs === 0) this.#spoilt.add(point);
  }

  spoke(points: readonly PointId[]): void {
    if (this.#spoilt.size > 0) for (const point of points) this.#spoilt.delete(point);
  }

  /** The device answers again: what was made bad meanwhile is asked, or subscribed anew. */
  refresh(): void {
    if (this.#spoilt.size === 0 || !this.#listening) return;
    void this.#listening.refresh(new Set(this.#spoilt));
    this.#spoilt.clear();
  }

  #listeningTo(connection: Connection, bindings: readonly Binding[], polls: Promise<void>[], signal: AbortSignal): Listening {
    const { time, timers, heard, poll } = this.#parts;
    const polled = new Set<Binding>();
    const refused = (all: readonly Binding[]): void => {
      const fresh = all.filter((binding) => !polled.has(binding));
      for (const binding of fresh) polled.add(binding);
      polls.push(poll(connection, fresh, signal));
    };
    const ask = (wanted: readonly Binding[]) => this.#answers(connection, wanted, signal);
    const tell = this.#tell.bind(this);
    const parts = { connection, silence: this.#silence, mending: this.#mending, time, timers, heard, refused, ask, tell };
    return new Listening(parts, bindings, signal);
  }

  async #answers(connection: Connection, bindings: readonly Binding[], signal: AbortSignal): Promise<ReadonlyMap<PointId, Answer>> {
    try {
      const readings = await this.#parts.ask(connection, bindings, signal);
      return new Map(bindings.map(({ point }, i) => [point, answerOf(readings[i]!)]));
    } catch (error) {
      const answer = saysNothing(error) ? "cannot be asked" : "no answer";
      return new Map(bindings.map(({ point }) => [point, answer]));
    }
  }

  /** The points one by one as an event; the device as a whole as a link fact, when it goes and when it is back. */
  #tell(state: "silent" | "heard", points: readonly PointId[]): void {
    const { adapter, device, outlet, count } = this.#parts;
    const isSilent = this.#silence.silent.size === count();
    if (isSilent !== this.#isSilent) {
      this.#isSilent = isSilent;
      const how = isSilent ? ({ state: "silent", reason: this.reason! } as const) : ({ state: "up" } as const);
      outlet.publish({ kind: "link", adapter, device, ...how });
    }
    const data = { points: points.slice(0, 100), count: points.length };
    outlet.publish({ kind: "event", type: `device.${state}`, device, data });
  }
}

/** It says nothing about the device: this kind of link, or this point, cannot be asked. */
export function saysNothing(error: unknown): boolean {
  return error instanceof GatewayError && (error.code === "not-supported" || error.code === "bad-address");
}

function answerOf({ raw, quality: byte }: Reading): Answer {
  return isGood(byte) ? { value: raw } : "nothing";
}
