import type { Timestamp } from "#msgs/time.ts";
import { parseTime, usPerMs, usPerSecond } from "#msgs/time.ts";

export const timeFormats = ["unix-s", "unix-ms", "unix-us", "rfc3339"] as const;
/** How a device writes its own time. */
export type TimeFormat = (typeof timeFormats)[number];

/** A device that never set its clock lives in 1970; what is before 2000 or after 2100 is no time. */
const earliest = Date.UTC(2000, 0, 1) * usPerMs;
const latest = Date.UTC(2100, 0, 1) * usPerMs;

/** When the device says it was; undefined when that is not a time. Whole microseconds; finer digits are rounded. */
export function sourceTimeOf(value: unknown, format: TimeFormat): Timestamp | undefined {
  const at = format === "rfc3339" ? (typeof value === "string" ? parseTime(value) : undefined) : unixTime(value, format);
  return at !== undefined && at >= earliest && at < latest ? at : undefined;
}

function unixTime(value: unknown, format: Exclude<TimeFormat, "rfc3339">): Timestamp | undefined {
  const number = typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) return undefined;
  return Math.round(number * { "unix-s": usPerSecond, "unix-ms": usPerMs, "unix-us": 1 }[format]);
}
