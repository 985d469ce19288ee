import { parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { parseTime } from "#msgs/time.ts";
import type { BucketRow, HistoryRow } from "#src/contract/store.ts";
import { bucketCsv, historyCsv } from "./csv.ts";
import { bucketParquet, historyParquet } from "./parquet.ts";

const at = parseTime("2026-03-01T12:00:00.000001Z")!;
const row = (value: HistoryRow["value"], i = 0): HistoryRow => ({
  point: "a",
  sourceTime: at + i,
  at: at + i + 1,
  value,
  quality: value === null ? 128 : 0,
});

async function* pagesOf<Row>(...pages: Row[][]): AsyncGenerator<readonly Row[]> {
  yield* pages;
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<ArrayBuffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  const whole = Buffer.concat(all);
  return whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length) as ArrayBuffer;
}

async function text(pieces: AsyncIterable<string>): Promise<string> {
  let all = "";
  for await (const piece of pieces) all += piece;
  return all;
}

const bucket: BucketRow = { point: "a", time: at, count: 2, min: -1, max: 3, mean: 1, last: null, quality: 64 };

describe("CSV", () => {
  test("says every value with its times and quality, quoting what needs it", async () => {
    const csv = await text(historyCsv(pagesOf([row(1.5), row(null)], [row('say "hi", twice'), row("=1+1"), row("-7")])));
    expect(csv.split("\r\n")).toEqual([
      "point,source_time,received,value,quality,quality_word",
      "a,2026-03-01T12:00:00.000001Z,2026-03-01T12:00:00.000002Z,1.5,0,good",
      "a,2026-03-01T12:00:00.000001Z,2026-03-01T12:00:00.000002Z,,128,bad",
      'a,2026-03-01T12:00:00.000001Z,2026-03-01T12:00:00.000002Z,"say ""hi"", twice",0,good',
      "a,2026-03-01T12:00:00.000001Z,2026-03-01T12:00:00.000002Z,'=1+1,0,good",
      "a,2026-03-01T12:00:00.000001Z,2026-03-01T12:00:00.000002Z,-7,0,good",
      "",
    ]);
  });

  test("has buckets too", async () => {
    expect(await text(bucketCsv(pagesOf([bucket])))).toContain("a,2026-03-01T12:00:00.000001Z,2,-1,3,1,,64,uncertain");
  });
});

describe("Parquet", () => {
  test("gives every value back to another reader, over many groups", async () => {
    const rows = Array.from({ length: 120_000 }, (_, i) => row(i % 3 === 0 ? i / 7 : i % 3 === 1 ? `text ${i}` : null, i));
    const pages = Array.from({ length: 24 }, (_, i) => rows.slice(i * 5_000, (i + 1) * 5_000));
    const file = await joined(historyParquet(pagesOf(...pages)));
    const back = await parquetReadObjects({ file, rowStart: 59_990, rowEnd: 60_010 });
    expect(back).toHaveLength(20);
    for (const [i, found] of back.entries()) {
      const told = rows[59_990 + i]!;
      expect(found).toMatchObject({ point: "a", quality: told.quality });
      expect(found["value"] ?? null).toBe(typeof told.value === "number" ? told.value : null);
      expect(found["text"] ?? null).toBe(typeof told.value === "string" ? told.value : null);
      expect((found["source_time"] as Date).getTime()).toBe(Math.floor(told.sourceTime / 1000));
    }
  });

  test("of nothing is a file without rows, and buckets have their columns", async () => {
    expect(await parquetReadObjects({ file: await joined(historyParquet(pagesOf())) })).toEqual([]);
    const [back] = await parquetReadObjects({ file: await joined(bucketParquet(pagesOf([bucket]))) });
    expect(back).toMatchObject({ point: "a", count: 2, min: -1, max: 3, mean: 1, worst_quality: 64 });
  });
});
