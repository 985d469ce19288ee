/** A quantile of sorted figures. */
export function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Times in ms as a person reads them. */
export function shown(sorted: readonly number[]): string {
  const us = (share: number): string => `${Math.round(at(sorted, share) * 1_000)} µs`;
  return `p50 ${us(0.5)}, p99 ${us(0.99)}`;
}
