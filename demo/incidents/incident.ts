import type { FaultRequest } from "../faults/fault.ts";
import type { QuantityValue } from "../model/quantity.ts";

/** One thing that happens in an incident, so many plant seconds after it began. */
export interface IncidentStep {
  at: number;
  /** What a bystander would say. */
  says: string;
  fault?: FaultRequest;
  /** Turned by hand at the panel or in the field. */
  panel?: { point: string; value: QuantityValue };
}

/** A story with times: the same seed and the same incident give the same trajectory. */
export interface Incident {
  name: string;
  title: string;
  /** Plant seconds until everything has been put right again. */
  seconds: number;
  steps: readonly IncidentStep[];
}
