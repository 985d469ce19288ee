import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Times in ms of a bare write and fdatasync in this folder, sorted. */
export function syncTimes(folder: string, count: number): number[] {
  const file = openSync(join(folder, "sync"), "w");
  const times = Array.from({ length: count }, () => {
    const begin = performance.now();
    writeSync(file, "x".repeat(1_000));
    fdatasyncSync(file);
    return performance.now() - begin;
  });
  closeSync(file);
  return times.sort((a, b) => a - b);
}

/** A quantile of sorted figures. */
export function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Times in ms as a person reads them. */
export function shown(sorted: readonly number[]): string {
  const us = (share: number): string => `${Math.round(at(sorted, share) * 1_000)} µs`;
  return `p50 ${us(0.5)}, p99 ${us(0.99)}`;
}
