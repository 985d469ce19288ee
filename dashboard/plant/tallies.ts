import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Sample } from "#msgs/sample.ts";
import { trustOf, worse, type Trust } from "../words/trust.ts";
import type { Plant } from "./plant.ts";

/** How many of a device's points are how good. */
export interface Tally {
  readonly good: number;
  readonly uncertain: number;
  readonly bad: number;
  readonly unknown: number;
}

/** The worst among the points of each device, kept up sample by sample instead of being counted over and over. */
export interface Tallies {
  changed(device: string, before: Sample | undefined, now: Sample): void;
  of(device: string): ReadonlySignal<Tally>;
  reset(): void;
}

export const noTally: Tally = { good: 0, uncertain: 0, bad: 0, unknown: 0 };

export function openTallies(plant: Plant): Tallies {
  const signals = new Map<string, Signal<Tally>>();
  const unheard = (device: string): Tally => ({ ...noTally, unknown: plant.devices.get(device)?.points.length ?? 0 });
  const of = (device: string): Signal<Tally> => {
    let found = signals.get(device);
    if (!found) signals.set(device, (found = signal(unheard(device))));
    return found;
  };
  return {
    changed(device, before, now) {
      const was = trustOf(before?.quality);
      const is = trustOf(now.quality);
      if (was === is) return;
      const tally = of(device);
      const counts = tally.peek();
      tally.value = { ...counts, [was]: Math.max(0, counts[was] - 1), [is]: counts[is] + 1 };
    },
    of,
    reset() {
      for (const [device, tally] of signals) tally.value = unheard(device);
    },
  };
}

export function worstOf(tally: Tally): Trust {
  let worst: Trust = "good";
  for (const trust of ["uncertain", "unknown", "bad"] as const) if (tally[trust] > 0) worst = worse(worst, trust);
  return worst;
}

export function addTallies(all: readonly Tally[]): Tally {
  return all.reduce<Tally>(
    (sum, one) => ({
      good: sum.good + one.good,
      uncertain: sum.uncertain + one.uncertain,
      bad: sum.bad + one.bad,
      unknown: sum.unknown + one.unknown,
    }),
    noTally,
  );
}
