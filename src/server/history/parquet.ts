import type { ColumnSource } from "hyparquet-writer";
import type { ColumnKind, Row, Table } from "./table.ts";

/** Rows of one row group: large enough to compress, small enough to stand in memory. */
const groupRows = 50_000;

interface ParquetColumn {
  readonly schema: { readonly name: string; readonly type: string; readonly [more: string]: unknown };
  cell(row: Row): unknown;
}

/** One row group after the other, each sent as soon as it is full; the index of them all comes last, as the format has it. */
export async function* parquetOf({ columns, pages }: Table): AsyncGenerator<Uint8Array> {
  // Loaded when first asked for: a gateway that nobody asks for Parquet does without it.
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const writer = new ByteWriter(1 << 16);
  const described = columns.flatMap(({ name, kind }) => parquetColumns(name, kind));
  const schema = [{ name: "root", num_children: described.length }, ...described.map((column) => column.schema)];
  const file = new ParquetWriter({ writer, schema: schema as never, createdBy: "plainview" });
  /** What was written since the last time. The writer counts offsets by itself, so its buffer may be emptied. */
  const taken = (): Uint8Array => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  const group = (rows: readonly Row[]): Uint8Array => {
    const columnData = described.map(({ schema: { name }, cell }) => ({ name, data: rows.map(cell) }));
    void file.write({ columnData: columnData as unknown as ColumnSource[], rowGroupSize: groupRows });
    return taken();
  };
  let waiting: Row[] = [];
  for await (const page of pages) {
    for (const row of page) waiting.push(row);
    if (waiting.length < groupRows) continue;
    yield group(waiting.slice(0, groupRows));
    waiting = waiting.slice(groupRows);
  }
  if (waiting.length > 0) yield group(waiting);
  void file.finish();
  yield taken();
}

const nullable = { repetition_type: "OPTIONAL" };
const utf8 = { type: "BYTE_ARRAY", converted_type: "UTF8" };
const micros = {
  type: "INT64",
  converted_type: "TIMESTAMP_MICROS",
  logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
};

function parquetColumns(name: string, kind: ColumnKind): ParquetColumn[] {
  const plain = (row: Row): unknown => row[name] ?? null;
  switch (kind) {
    case "text":
      return [{ schema: { name, ...utf8, ...nullable }, cell: plain }];
    case "time":
      return [{ schema: { name, ...micros, ...nullable }, cell: (row) => wholeMicros(row[name]) }];
    case "number":
      return [{ schema: { name, type: "DOUBLE", ...nullable }, cell: plain }];
    case "whole":
      return [{ schema: { name, type: "INT32", ...nullable }, cell: plain }];
    case "value":
      return [
        { schema: { name, type: "DOUBLE", ...nullable }, cell: (row) => numberOf(row[name]) },
        { schema: { name: "text", ...utf8, ...nullable }, cell: (row) => (typeof row[name] === "string" ? row[name] : null) },
      ];
  }
}

function wholeMicros(time: unknown): bigint | null {
  return typeof time === "number" ? BigInt(time) : null;
}

function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  return typeof value === "boolean" ? Number(value) : null;
}
