import { formatTime, type Timestamp } from "#msgs/time.ts";
import { parquetOf } from "./parquet.ts";
import type { ColumnKind, Row, Table } from "./table.ts";

export type FormatName = "json" | "csv" | "parquet";

export interface Format {
  readonly type: string;
  /** Offered as a file of this name; JSON is read where it is. */
  readonly file?: string;
  /** Page by page, so that a million rows never stand in memory. */
  pieces(table: Table): AsyncGenerator<string | Uint8Array>;
}

export const formats: { readonly [F in FormatName]: Format } = {
  json: { type: "application/json; charset=utf-8", pieces: jsonOf },
  csv: { type: "text/csv; charset=utf-8; header=present", file: "history.csv", pieces: csvOf },
  parquet: { type: "application/vnd.apache.parquet", file: "history.parquet", pieces: parquetOf },
};

/** `format=` wins; else the first of the types in Accept that is one of ours; else JSON. */
export function formatFor(named: unknown, accept: string | undefined): FormatName {
  if (typeof named === "string" && named in formats) return named as FormatName;
  for (const wish of (accept ?? "").split(",")) {
    const type = wish.split(";")[0]?.trim().toLowerCase();
    if (type === "text/csv") return "csv";
    if (type === "application/vnd.apache.parquet" || type === "application/x-parquet") return "parquet";
    if (type === "application/json" || type === "*/*") return "json";
  }
  return "json";
}

async function* jsonOf({ columns, pages }: Table): AsyncGenerator<string> {
  let before = "[";
  for await (const page of pages) {
    yield before + page.map((row) => JSON.stringify(jsonRow(columns, row))).join(",");
    before = ",";
  }
  yield before === "[" ? "[]" : "]";
}

/** Rows beside what is known to be missing: one object instead of an array. */
export async function* jsonWithGaps(table: Table, gaps: readonly object[]): AsyncGenerator<string> {
  yield `{"gaps":${JSON.stringify(gaps)},"rows":`;
  yield* jsonOf(table);
  yield "}";
}

function jsonRow(columns: Table["columns"], row: Row): Row {
  const told: Record<string, unknown> = {};
  for (const { name, kind } of columns) {
    const value = row[name];
    if (value !== undefined) told[name] = kind === "time" ? formatTime(value as Timestamp) : value;
  }
  return told;
}

/**
 * RFC 4180: a header, lines that end in CR LF, quotes where a comma, a quote or a line break stands inside. Nothing is an empty
 * field. Text a spreadsheet would run as a formula gets an apostrophe before it: it may come from a device.
 */
async function* csvOf({ columns, pages }: Table): AsyncGenerator<string> {
  yield `${columns.map(({ name }) => name).join(",")}\r\n`;
  for await (const page of pages)
    yield page.map((row) => `${columns.map(({ name, kind }) => field(kind, row[name])).join(",")}\r\n`).join("");
}

function field(kind: ColumnKind, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (kind === "time") return formatTime(value as Timestamp);
  const plain = String(value as string | number | boolean);
  const text = typeof value === "string" && /^[=+@\t\r-]/.test(value) && !isNumeral(value) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isNumeral(text: string): boolean {
  return /^[+-]?[\d.]+$/.test(text);
}
