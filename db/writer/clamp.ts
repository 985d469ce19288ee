/** How far from its receipt a sample's own time may lie and still decide where it is stored. */
export interface Clamp {
  readonly pastUs: number;
  readonly futureUs: number;
}

/**
 * Where a sample is stored: at the time its device says, unless that is absurd. A clock in 1970 or 2099 would otherwise make
 * partitions nobody looks at and push the marks of every aggregate; the original stands beside it.
 */
export function clampTime(sourceTime: number, at: number, clamp: Clamp): number {
  if (!Number.isFinite(sourceTime)) return at;
  return Math.round(Math.min(at + clamp.futureUs, Math.max(at - clamp.pastUs, sourceTime)));
}
