/**
 * Whole microseconds since 1970-01-01 UTC: exact in a double until 2255, and the grain of a PostgreSQL timestamptz.
 * Durations are numbers too; their unit stands at the end of their name (`staleAfterMs`).
 */
export type Timestamp = number;

export const usPerMs = 1_000;
export const usPerSecond = 1_000_000;

export function microseconds(ms: number): number {
  return Math.round(ms * usPerMs);
}

/** RFC 3339 in UTC with six decimals, so that writing and reading a time loses nothing. */
export function formatTime(at: Timestamp): string {
  const ms = Math.floor(at / usPerMs);
  const rest = at - ms * usPerMs;
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, -1)}${String(rest).padStart(3, "0")}Z`;
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?(Z|z|[+-]\d{2}:?\d{2})$/;

/** Undefined when the text is not an RFC 3339 instant with a zone: a bare number or a local time could mean several things. */
export function parseTime(text: string): Timestamp | undefined {
  const match = rfc3339.exec(text.trim());
  if (!match) return undefined;
  const [, day, clock, fraction = "", zone = "Z"] = match;
  const ms = Date.parse(`${day}T${clock}${zone.toUpperCase()}`);
  if (Number.isNaN(ms) || !isDay(day)) return undefined;
  return ms * usPerMs + Math.trunc(Number(`0.${fraction.padEnd(6, "0").slice(0, 6)}`) * 1e6 + 0.5);
}

/** `Date.parse` takes the 31st of February for the 3rd of March. */
function isDay(day: string | undefined): boolean {
  return day !== undefined && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
