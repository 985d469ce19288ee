import type { Binding, Connection, HistoryPage } from "#src/contract/adapter.ts";
import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { Log } from "#src/kit/log.ts";
import type { Resume } from "#src/timeline/resume.ts";
import type { Outlet } from "./outlet.ts";
import { microseconds } from "#msgs/time.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { overlap, type Stretch } from "#src/timeline/open-gaps.ts";

export interface BackfillParts {
  /** The stream of the device: adapter/device. */
  readonly stream: string;
  readonly outlet: Outlet;
  readonly resume: Resume;
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly log: Log;
  /** A device that is down is not asked for its past. */
  readonly isDown: () => boolean;
  readonly taken: (rows: number) => void;
  readonly failed: (error: unknown) => void;
}

/** How long a device that just came up is left to its first answers. */
const firstMs = 5_000;
const everyMs = 10 * 60_000;
const retryMs = 30_000;
/** How long a page waits that there was no room for. */
const fullMs = 1_000;
/** Pages of one point at a time; the rest comes with the next round. */
const pagesAtMost = 50_000;
/** A token without news is put on record again after this, so that it outlives the journal's older segments. */
const restateUs = microseconds(60 * 60_000);

/**
 * Fills what is missing from what a device itself recorded, one page at a time: the next is asked for once the last is durable.
 * Where to go on stands in the same batch as the rows and is read from the record, so a crash at any point repeats nothing
 * and loses nothing.
 */
export class Backfill {
  readonly #parts: BackfillParts;
  #wake: (() => void) | undefined;

  constructor(parts: BackfillParts) {
    this.#parts = parts;
  }

  /** The device is there again: its past is asked for now. */
  wake(): void {
    this.#wake?.();
  }

  /** Goes on until the signal ends it. Never rejects. */
  async run(connection: Connection, bindings: readonly Binding[], signal: AbortSignal): Promise<void> {
    const recording = new Set(bindings.filter((binding) => connection.history && (connection.keepsHistory?.(binding) ?? true)));
    let pauseMs = firstMs;
    while (recording.size > 0) {
      await this.#pause(pauseMs, signal);
      if (signal.aborted) return;
      const isWhole = this.#parts.isDown() || (await this.#round(connection, recording, signal));
      if (isWhole && !signal.aborted && recording.size === bindings.length) this.#declareDevice(bindings);
      pauseMs = isWhole ? everyMs : retryMs;
    }
  }

  /** Every point once. False when the device did not answer, or answered what nobody can use. */
  async #round(connection: Connection, recording: Set<Binding>, signal: AbortSignal): Promise<boolean> {
    let isWhole = true;
    for (const binding of [...recording]) {
      if (signal.aborted) return false;
      try {
        await this.#fill(connection, binding, signal);
      } catch (error) {
        if (signal.aborted) return false;
        if (error instanceof GatewayError && error.code === "not-supported") recording.delete(binding);
        else {
          isWhole = false;
          this.#parts.failed(error);
          this.#parts.log.warn(`what ${binding.device} recorded of ${binding.point} could not be read: ${messageOf(error)}`);
          if (this.#parts.isDown()) return false;
        }
      }
    }
    return isWhole;
  }

  async #fill(connection: Connection, binding: Binding, signal: AbortSignal): Promise<void> {
    const { resume, time } = this.#parts;
    const source = this.#sourceOf(binding);
    const before = resume.standingOf(source);
    let token = before?.token;
    let pages = 0;
    for await (const page of connection.history!(binding, token, signal)) {
      if (signal.aborted) return;
      token = page.token;
      if (page.readings.length > 0) await this.#store(source, binding, page, signal);
      if (signal.aborted || ++pages >= pagesAtMost) break;
    }
    if (signal.aborted) return;
    const stated = resume.standingOf(source);
    const isOld = stated !== undefined && time.now() - stated.at > restateUs;
    if (token !== undefined && (token !== stated?.token || isOld)) await this.#store(source, binding, { readings: [], token }, signal);
    this.#declare(source, resume.standingOf(source)?.told ?? []);
  }

  /** Offers a page until it is on record. */
  async #store(source: string, binding: Binding, page: HistoryPage, signal: AbortSignal): Promise<void> {
    const { outlet, timers, taken } = this.#parts;
    while (!signal.aborted) {
      if (await orAborted(outlet.recorded(source, binding.point, page), signal)) return taken(page.readings.length);
      await timers.sleep(fullMs, signal).catch(() => {});
    }
  }

  /** When every point of the device keeps its record, what all of them told is whole for the device. */
  #declareDevice(bindings: readonly Binding[]): void {
    const told = bindings.map((binding) => this.#parts.resume.standingOf(this.#sourceOf(binding))?.told ?? []);
    this.#declare(this.#parts.stream, told.reduce(overlaps));
  }

  #declare(stream: string, told: readonly Stretch[]): void {
    for (const filled of overlaps(this.#parts.resume.missing(stream), told)) {
      const why = "filled from what the device recorded";
      this.#parts.outlet.publish({ kind: "gap", stream, ...filled, lost: 0, why });
    }
  }

  #sourceOf(binding: Binding): string {
    return `${this.#parts.stream}/${binding.point}`;
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#parts.timers.sleep(ms, AbortSignal.any([signal, woken.signal])).catch(() => {});
    this.#wake = undefined;
  }
}

function overlaps(some: readonly Stretch[], others: readonly Stretch[]): readonly Stretch[] {
  return some.flatMap((one) => others.flatMap((other) => overlap(one, other) ?? []));
}

/** False as soon as the signal ends it: a page whose fate is not known is asked for again, from where the record stands. */
function orAborted(stored: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(false);
    signal.addEventListener("abort", onAbort, { once: true });
    stored.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
