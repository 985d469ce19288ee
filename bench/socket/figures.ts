import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { rest } from "./trips.ts";

/** Times in ms of a bare write and fdatasync in this folder, one right after the other, sorted. */
export function syncTimes(folder: string, count: number): number[] {
  const file = openSync(join(folder, "sync"), "w");
  const times = Array.from({ length: count }, () => oneSync(file));
  closeSync(file);
  return times.sort((a, b) => a - b);
}

/** The same with the rest between two that lone commands have: disk and processor have gone to sleep meanwhile. */
export async function restedSyncTimes(folder: string, count: number): Promise<number[]> {
  const file = openSync(join(folder, "sync"), "w");
  const times: number[] = [];
  while (times.length < count) {
    await rest();
    times.push(oneSync(file));
  }
  closeSync(file);
  return times.sort((a, b) => a - b);
}

function oneSync(file: number): number {
  const begin = performance.now();
  writeSync(file, "x".repeat(1_000));
  fdatasyncSync(file);
  return performance.now() - begin;
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
