import { formatTime } from "#msgs/time.ts";
import { qualityWord } from "#msgs/quality.ts";
import type { BucketRow, HistoryRow } from "#src/contract/store.ts";

/** Pages of rows as pieces of one CSV file (RFC 4180), with a header line. Times are RFC 3339 to the microsecond. */
export async function* historyCsv(pages: AsyncIterable<readonly HistoryRow[]>): AsyncGenerator<string> {
  yield line(["point", "source_time", "received", "value", "quality", "quality_word"]);
  for await (const page of pages) {
    yield page
      .map(({ point, sourceTime, at, value, quality }) =>
        line([point, formatTime(sourceTime), formatTime(at), value, quality, qualityWord(quality)]),
      )
      .join("");
  }
}

export async function* bucketCsv(pages: AsyncIterable<readonly BucketRow[]>): AsyncGenerator<string> {
  yield line(["point", "time", "count", "min", "max", "mean", "last", "worst_quality", "quality_word"]);
  for await (const page of pages) {
    yield page
      .map(({ point, time, count, min, max, mean, last, quality }) =>
        line([point, formatTime(time), count, min, max, mean, last, quality, qualityWord(quality)]),
      )
      .join("");
  }
}

function line(fields: readonly (string | number | boolean | null)[]): string {
  return `${fields.map(field).join(",")}\r\n`;
}

function field(value: string | number | boolean | null): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  // A cell that begins like a formula is one to a spreadsheet; text that came from a device must never run.
  const safe = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
