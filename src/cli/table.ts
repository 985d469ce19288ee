import { formatDuration } from "#src/config/duration.ts";
import type { Value } from "#msgs/point.ts";

/** Columns that line up; the last one may run on. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "none";
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export interface Shown {
  readonly unit?: string | undefined;
  readonly states?: Readonly<Record<string, string>> | undefined;
}

/** A value as a person reads it: "12.5 L/min", "running (1)", "true". */
export function valueText(value: Value | null, point: Shown): string {
  if (value === null) return "—";
  const state = point.states?.[String(value)];
  if (state !== undefined) return `${state} (${String(value)})`;
  const digits = typeof value === "number" && !Number.isInteger(value) ? digitsOf(value) : String(value);
  return point.unit === undefined ? digits : `${digits} ${point.unit}`;
}

/** A 32-bit float is shown with the digits that tell it from others of its kind; a double without what arithmetic added. */
function digitsOf(value: number): string {
  const whole = Number(value.toPrecision(15));
  if (Math.fround(value) !== value) return String(whole);
  const shortest = [6, 7, 8].map((digits) => Number(value.toPrecision(digits))).find((short) => Math.fround(short) === value);
  return String(shortest ?? whole);
}

/** How long ago, in one unit: "3 s", "2 min". */
export function ageText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const steps = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1_000, "s"],
  ] as const;
  const [size, unit] = steps.find(([size]) => ms >= size) ?? [1_000, "s"];
  return `${Math.floor(ms / size)} ${unit}`;
}

/** "in 7 h", or "never". */
export function untilText(expiresAtMs: number | undefined, nowMs: number): string {
  return expiresAtMs === undefined ? "never" : expiresAtMs <= nowMs ? "now" : `in ${ageText(expiresAtMs - nowMs)}`;
}

export { formatDuration };
