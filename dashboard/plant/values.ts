import { batch, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { PointId } from "#msgs/point.ts";
import { isBad } from "#msgs/quality.ts";
import type { Sample } from "#msgs/sample.ts";
import type { LastGood } from "./plant.ts";

/** The newest sample of every point, and a signal for each of those that are looked at. */
export interface Values {
  /** Keeps the newest of each point until the next flush; what a fast stream overtakes in between is never drawn. */
  take(samples: readonly Sample[]): void;
  /** Lets everybody see what was taken, at once. Called once per animation frame. */
  flush(): void;
  get(point: PointId): Sample | undefined;
  lastGood(point: PointId): LastGood | undefined;
  /** The same signal for the same point; at most as many as there are points. */
  cell(point: PointId): ReadonlySignal<Sample | undefined>;
  /** Forgets everything: another time of the record is shown from here on. */
  clear(): void;
}

export interface ValueHooks {
  /** Asks for a flush at the next animation frame. */
  schedule(): void;
  /** A point's sample is replaced; inside the batch of the flush. */
  changed?(point: PointId, before: Sample | undefined, now: Sample): void;
  cleared?(): void;
}

export function openValues(hooks: ValueHooks, seed: ReadonlyMap<PointId, LastGood> = new Map()): Values {
  const newest = new Map<PointId, Sample>();
  const cells = new Map<PointId, Signal<Sample | undefined>>();
  const good = new Map<PointId, LastGood>(seed);
  let taken = new Map<PointId, Sample>();

  return {
    take(samples) {
      if (taken.size === 0 && samples.length > 0) hooks.schedule();
      for (const sample of samples) {
        taken.set(sample.point, sample);
        if (sample.value !== null && !isBad(sample.quality)) good.set(sample.point, { value: sample.value, at: sample.at });
      }
    },
    flush() {
      const now = taken;
      taken = new Map();
      batch(() => {
        for (const [point, sample] of now) {
          const before = newest.get(point);
          newest.set(point, sample);
          hooks.changed?.(point, before, sample);
          const cell = cells.get(point);
          if (cell) cell.value = sample;
        }
      });
    },
    get: (point) => newest.get(point),
    lastGood: (point) => good.get(point),
    cell(point) {
      let cell = cells.get(point);
      if (!cell) cells.set(point, (cell = signal(newest.get(point))));
      return cell;
    },
    clear() {
      newest.clear();
      taken.clear();
      good.clear();
      batch(() => {
        for (const cell of cells.values()) cell.value = undefined;
        hooks.cleared?.();
      });
    },
  };
}
