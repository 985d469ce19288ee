import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { BucketRow, HistoryRow } from "#src/contract/store.ts";

type Schema = ConstructorParameters<typeof ParquetWriter>[0]["schema"];
type Columns = Parameters<ParquetWriter["write"]>[0]["columnData"];

const required = "REQUIRED" as const;
const optional = "OPTIONAL" as const;
const text = (name: string, repetition: "REQUIRED" | "OPTIONAL") => ({
  name,
  type: "BYTE_ARRAY" as const,
  converted_type: "UTF8" as const,
  repetition_type: repetition,
});
const time = (name: string) => ({ name, type: "INT64" as const, converted_type: "TIMESTAMP_MICROS" as const, repetition_type: required });
const double = (name: string) => ({ name, type: "DOUBLE" as const, repetition_type: optional });
const whole = (name: string) => ({ name, type: "INT32" as const, repetition_type: required });

const historySchema: Schema = [
  { name: "root", num_children: 6 },
  text("point", required),
  time("source_time"),
  time("received"),
  double("value"),
  text("text", optional),
  whole("quality"),
];

const bucketSchema: Schema = [
  { name: "root", num_children: 8 },
  text("point", required),
  time("time"),
  whole("count"),
  double("min"),
  double("max"),
  double("mean"),
  double("last"),
  whole("worst_quality"),
];

/** Pages of rows as pieces of one Parquet file: text has a column of its own, a truth value is 0 or 1. */
export function historyParquet(pages: AsyncIterable<readonly HistoryRow[]>): AsyncGenerator<Uint8Array> {
  return written(historySchema, pages, (rows) => [
    { name: "point", data: rows.map((row) => row.point) },
    { name: "source_time", data: rows.map((row) => BigInt(row.sourceTime)) },
    { name: "received", data: rows.map((row) => BigInt(row.at)) },
    { name: "value", data: rows.map((row) => (typeof row.value === "string" || row.value === null ? undefined : Number(row.value))) },
    { name: "text", data: rows.map((row) => (typeof row.value === "string" ? row.value : undefined)) },
    { name: "quality", data: rows.map((row) => row.quality) },
  ]);
}

export function bucketParquet(pages: AsyncIterable<readonly BucketRow[]>): AsyncGenerator<Uint8Array> {
  return written(bucketSchema, pages, (rows) => [
    { name: "point", data: rows.map((row) => row.point) },
    { name: "time", data: rows.map((row) => BigInt(row.time)) },
    { name: "count", data: rows.map((row) => row.count) },
    { name: "min", data: rows.map((row) => row.min ?? undefined) },
    { name: "max", data: rows.map((row) => row.max ?? undefined) },
    { name: "mean", data: rows.map((row) => row.mean ?? undefined) },
    { name: "last", data: rows.map((row) => row.last ?? undefined) },
    { name: "worst_quality", data: rows.map((row) => row.quality) },
  ]);
}

/** Rows in one group of the file: what is held in memory before it is written. */
const groupRows = 50_000;

async function* written<Row>(
  schema: Schema,
  pages: AsyncIterable<readonly Row[]>,
  columns: (rows: readonly Row[]) => Columns,
): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const file = new ParquetWriter({ writer: bytes, schema, createdBy: "plainview" });
  let rows: Row[] = [];
  for await (const page of pages) {
    rows.push(...page);
    if (rows.length < groupRows) continue;
    await file.write({ columnData: columns(rows), rowGroupSize: groupRows });
    rows = [];
    yield taken(bytes);
  }
  if (rows.length > 0) await file.write({ columnData: columns(rows), rowGroupSize: groupRows });
  await file.finish();
  yield taken(bytes);
}

/** Hands on what was written and lets the writer begin its buffer anew; offsets in the file go on. */
function taken(bytes: ByteWriter): Uint8Array {
  const piece = bytes.getBytes().slice();
  bytes.index = 0;
  return piece;
}
