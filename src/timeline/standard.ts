import type { TapFactory } from "#src/contract/bus.ts";
import { LatestTap } from "./latest.ts";
import { PlantTap } from "./plant.ts";
import { ResumeTap } from "./resume.ts";
import { StalenessTap } from "./staleness.ts";

/** What every timeline carries, live or not: the description of the plant, the newest values, who has gone silent, how far backfills came. */
export interface StandardTaps {
  readonly plant: PlantTap;
  readonly latest: LatestTap;
  readonly staleness: StalenessTap;
  readonly resume: ResumeTap;
  readonly factories: readonly TapFactory[];
}

export function standardTaps(): StandardTaps {
  const plant = new PlantTap();
  const staleness = new StalenessTap(plant);
  const latest = new LatestTap(plant, (key) => staleness.isStale(key));
  const resume = new ResumeTap();
  return { plant, latest, staleness, resume, factories: [plant.factory, staleness.factory, latest.factory, resume.factory] };
}
