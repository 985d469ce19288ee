import { Type } from "#msgs/schema/type.ts";
import type { TString, TStringOptions } from "#msgs/schema/type.ts";

/** "500ms", "1s", "1h30m": a number never stands without its unit, because nobody remembers whether `poll: 5` was seconds. */
const part = String.raw`\d+(?:\.\d+)?(?:ms|s|min|m|h|d|w|y)`;
const whole = new RegExp(`^(?:${part})+$`);
const parts = new RegExp(String.raw`(\d+(?:\.\d+)?)(ms|s|min|m|h|d|w|y)`, "g");

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

export function milliseconds(text: string): number | undefined {
  if (!whole.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(parts)) sum += Number(number) * unitMs[unit!]!;
  return sum;
}

/** For text that the schema has already accepted. */
export function durationMs(text: string): number {
  const ms = milliseconds(text);
  if (ms === undefined) throw new Error(`broken assumption: "${text}" passed as a duration`);
  return ms;
}

/** The shortest way to write it: 28800000 is "8h", 1500 is "1500ms". */
export function formatDuration(ms: number): string {
  for (const unit of ["w", "d", "h", "m", "s"]) {
    if (ms > 0 && ms % unitMs[unit]! === 0) return `${ms / unitMs[unit]!}${unit}`;
  }
  return `${ms}ms`;
}

/** A schema for a duration in the site file. */
export function Duration(options: TStringOptions = {}): TString {
  return Type.String({ pattern: whole.source, expects: "a duration such as 500ms, 1s, 5m, 8h or 30d", ...options });
}

const sizeUnits: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
const sizePattern = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB|TB)$/;

export function sizeBytes(text: string): number {
  const match = sizePattern.exec(text);
  if (!match) throw new Error(`broken assumption: "${text}" passed as a size`);
  return Math.round(Number(match[1]) * sizeUnits[match[2]!]!);
}

export function Size(options: TStringOptions = {}): TString {
  return Type.String({ pattern: sizePattern.source, expects: "a size such as 500MB or 20GB", ...options });
}
