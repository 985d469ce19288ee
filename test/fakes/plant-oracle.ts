import type { Demo } from "#demo/start.ts";
import { ask } from "./recording.ts";

/** What the demo's devices say they handed over, by the number each puts into every answer and message. */
export interface HandedOver {
  readonly device: string;
  /** Modbus answers come once; a message that has to be acknowledged may come again after a gateway was killed. */
  readonly isOnce: boolean;
  readonly numbers: readonly number[];
}

/** MQTT devices of the demo that send with QoS 1; what goes out with QoS 0 may be lost on the way, and nobody would know. */
const acknowledged = ["env-01", "env-02", "ear-01", "ear-02"];
const read = ["pipe", "outlet", "line", "v-101", "v-102", "pump-station", "tanks"];

export function handedOver(demo: Demo): HandedOver[] {
  const found: HandedOver[] = [];
  for (const device of [...read, ...acknowledged]) {
    const isOnce = read.includes(device);
    const numbers = (demo.log(device, 0, 1_000_000) ?? []).flatMap((entry) => {
      if (entry.kind === "read") return entry.table === "input" && entry.start === 0 && entry.quantity >= 2 ? [entry.sequence] : [];
      return entry.kind === "publish" && !isOnce ? [entry.sequence] : [];
    });
    found.push({ device, isOnce, numbers });
  }
  return found;
}

export interface Verdict {
  /** Answers and messages that were looked for. */
  readonly handed: number;
  /** Of them, inside a declared gap and not stored. */
  readonly inGaps: number;
  /** Of them, answered too late for the gateway: the record says at that moment that the value is bad, or the link was lost. */
  readonly toldBad: number;
  /** Not stored and not declared: must be none. */
  readonly missing: readonly string[];
  /** Stored more than once: must be none. */
  readonly twice: readonly string[];
  readonly gaps: readonly Gap[];
}

export interface Gap {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

const us = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint::float8`;

/** What was handed over, against what is stored. Judged by the stamps around a hole, so that no clock of the test matters. */
export async function judgePlant(url: string, handed: readonly HandedOver[]): Promise<Verdict> {
  const gaps = await ask<Gap>(url, `SELECT stream, ${us("from_time")} AS from, ${us("to_time")} AS to, why FROM declared_gaps`);
  const missing: string[] = [];
  const twice: string[] = [];
  let inGaps = 0;
  let toldBad = 0;
  const links = await ask<Bad>(url, `SELECT coalesce(device, adapter) AS of, ${us("at")} AS at FROM facts WHERE kind = 'link'`);
  for (const { device, isOnce, numbers } of handed) {
    const all = await recordedOf(url, device);
    const rows = all.filter((row): row is Stored => row.value !== null);
    const bad = [...all.filter((row) => row.value === null), ...links.filter((link) => link.of === device)];
    const at = new Map(rows.map((row) => [row.value, row.at]));
    if (isOnce && at.size !== rows.length) twice.push(`${device}: ${rows.length - at.size}`);
    const first = rows[0]?.value ?? 0;
    const sorted = [...at.keys()].sort((a, b) => a - b);
    for (const number of numbers) {
      // What was read before the first stored row belongs to the start, when nothing was promised.
      if (number < first || at.has(number)) continue;
      const before = at.get(sorted.findLast((one) => one < number) ?? first) ?? 0;
      const after = at.get(sorted.find((one) => one > number) ?? -1) ?? Number.POSITIVE_INFINITY;
      if (gaps.some((gap) => gap.to >= before && gap.from <= after)) inGaps++;
      else if (bad.some((one) => one.at >= before && one.at <= after)) toldBad++;
      else missing.push(`${device} ${number}, after ${before} and before ${after}`);
    }
  }
  return { handed: handed.reduce((sum, one) => sum + one.numbers.length, 0), inGaps, toldBad, missing, twice, gaps };
}

export async function isAllStored(url: string, handed: readonly HandedOver[]): Promise<boolean> {
  // The first gateway on an empty database makes the tables some time after it serves.
  const [made] = await ask<{ is: boolean }>(url, "SELECT to_regclass('samples') IS NOT NULL AS is");
  if (made?.is !== true) return false;
  for (const { device, numbers } of handed) {
    const newest = (await recordedOf(url, device)).reduce((most, row) => Math.max(most, row.value ?? 0), 0);
    if (newest < (numbers.at(-1) ?? 0)) return false;
  }
  return true;
}

interface Bad {
  readonly of: string;
  readonly at: number;
}

interface Stored {
  readonly value: number;
  readonly at: number;
}

function recordedOf(url: string, device: string): Promise<{ value: number | null; at: number }[]> {
  return ask(url, `SELECT value, ${us("at")} AS at FROM samples JOIN points ON key = point_key WHERE id = $1 ORDER BY at`, [
    `${device}/handed-over`,
  ]);
}
