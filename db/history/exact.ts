import type { QueryConfig } from "pg";

const oid = { int8: 20, timestamptz: 1184 } as const;

/** A query whose times come back as whole microseconds and whose wide integers as numbers; the rest as the client has it. */
export function exact(text: string, values: readonly unknown[] = []): QueryConfig {
  return { text, types: { getTypeParser: parserOf as never }, ...(values.length > 0 && { values: [...values] }) };
}

/**
 * The answer stays text: the client reads every field as UTF-8, so binary answers arrive broken. The parsers it brings make
 * milliseconds of a time and strings of a count; these do not.
 */
function parserOf(id: number): (text: string) => unknown {
  if (id === oid.timestamptz) return parseTimestamp;
  if (id === oid.int8) return Number;
  return standard.get(id) ?? String;
}

const standard = new Map<number, (text: string) => unknown>([
  [16, (text) => text === "t"],
  [21, Number],
  [23, Number],
  [700, Number],
  [701, parseDouble],
]);

function parseDouble(text: string): number {
  return text === "Infinity" || text === "-Infinity" || text === "NaN" ? Number(text) : Number.parseFloat(text);
}

const digit = 48;

/** "2026-03-01 12:00:00.25+00", as a server writes it whose time zone is UTC; connections set that. */
export function parseTimestamp(text: string): number {
  if (text.length < 22 || text.charCodeAt(4) !== 45 || !text.endsWith("+00")) return unusual(text);
  const two = (at: number) => (text.charCodeAt(at) - digit) * 10 + text.charCodeAt(at + 1) - digit;
  const day = Date.UTC(two(0) * 100 + two(2), two(5) - 1, two(8));
  let us = day * 1000 + (two(11) * 3600 + two(14) * 60 + two(17)) * 1_000_000;
  if (text.charCodeAt(19) === 46) {
    let scale = 100_000;
    for (let at = 20; scale >= 1; at++, scale /= 10) {
      const next = text.charCodeAt(at) - digit;
      if (next < 0 || next > 9) break;
      us += next * scale;
    }
  }
  return us;
}

/** Years beyond 9999, before our era, and the two infinities. */
function unusual(text: string): number {
  if (text === "infinity") return Number.POSITIVE_INFINITY;
  if (text === "-infinity") return Number.NEGATIVE_INFINITY;
  const match = /^(\d+)-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?\+00( BC)?$/.exec(text);
  if (!match) return Number.NaN;
  const [year, month, dayOfMonth, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const day = new Date(0);
  day.setUTCFullYear(match[8] ? 1 - year : year, month - 1, dayOfMonth);
  return day.getTime() * 1000 + (hour * 3600 + minute * 60 + second) * 1_000_000 + Number((match[7] ?? "0").padEnd(6, "0"));
}
