import type { PointId } from "./point.ts";

/** A plain limit on one point, evaluated on the timeline. The alarms room grows this into ISA-18.2. */
export interface LimitRule {
  readonly id: string;
  readonly point: PointId;
  readonly when: "above" | "below";
  readonly limit: number;
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly priority: "low" | "medium" | "high" | "critical";
  readonly message: string;
}
