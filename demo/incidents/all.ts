import { dryRun } from "./dry-run.ts";
import type { Incident } from "./incident.ts";
import { leakAtSection2 } from "./leak-at-section-2.ts";
import { pumpTrip } from "./pump-trip.ts";
import { sensorDrift } from "./sensor-drift.ts";
import { stuckValve } from "./stuck-valve.ts";

/** Every scripted incident of the demo plant. */
export const incidents: readonly Incident[] = [leakAtSection2, pumpTrip, sensorDrift, dryRun, stuckValve];
