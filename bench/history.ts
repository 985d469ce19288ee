// The way from a batch to a committed row, and the questions asked of what is stored, each beside the bare thing in the same run.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestServer } from "#test/fakes/database.ts";
import { silentLog } from "#src/kit/log.ts";
import { testServer } from "#test/fakes/database.ts";
import { bareCopy, drizzleInsert, plainInsert, psqlCopy, type BareResult } from "./history/bare.ts";
import { catchUp, live, readBack, type OurResult } from "./history/ours.ts";
import { questions } from "./history/questions.ts";
import { rowsTold } from "./history/told.ts";
import type { BenchRow } from "./row.ts";

const rounds = 3;

export async function rows(): Promise<readonly BenchRow[]> {
  const server = await testServer({ durable: true });
  const folder = mkdtempSync(join(tmpdir(), "plainview-bench-history-"));
  try {
    return [...(await writing(server, folder)), ...(await questions(await server.fresh(), join(folder, "questions"), silentLog))];
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writing(server: TestServer, folder: string): Promise<BenchRow[]> {
  const engine = server.hasTimescale ? "hypertable" : "plain table";
  // In turns, and the middle one of each: what a disk takes in one second it may not take in the next.
  const bares: BareResult[] = [];
  const afters: OurResult[] = [];
  const steadies: OurResult[] = [];
  let read = { journal: 0, database: 0 };
  for (let round = 0; round < rounds; round++) {
    const place = join(folder, `${round}`);
    bares.push(await bareCopy(await server.fresh(), rowsTold));
    const caughtUp = await server.fresh();
    afters.push(await catchUp(caughtUp, join(place, "catch-up"), rowsTold));
    read = await readBack(caughtUp, join(place, "catch-up"));
    steadies.push(await live(await server.fresh(), join(place, "live"), rowsTold));
  }
  const [bare, after, steady] = [middle(bares), middle(afters), middle(steadies)];
  const psql = await psqlCopy(await server.fresh(), folder, rowsTold);
  const rate = (perSecond: number) => `${Math.round(perSecond / 1000)} k rows/s`;
  const beside = `${rate(bare.perSecond)} bare binary COPY, ${engine}`;
  const written: BenchRow[] = [
    {
      what: "journal → rows and recording, after an outage",
      ours: rate(after.perSecond),
      peer: beside,
      ratio: after.perSecond / bare.perSecond,
      bar: "≥ 0.7",
    },
    {
      what: "batch → journal → rows and recording, live",
      ours: rate(steady.perSecond),
      peer: beside,
      ratio: steady.perSecond / bare.perSecond,
      bar: "≥ 0.7",
    },
    {
      what: "CPU of the gateway per million rows, live",
      ours: `${steady.cpuSecondsPerMillion.toFixed(2)} s`,
      peer: `${bare.cpuSecondsPerMillion.toFixed(2)} s bare COPY`,
      ratio: undefined,
    },
    {
      what: "bytes on disk per sample: rows with index · recording",
      ours: `${after.rowBytes.toFixed(0)} · ${after.recordingBytes.toFixed(1)}`,
      peer: "",
      ratio: undefined,
    },
    ...compression(after),
  ];
  const millions = (perSecond: number) => `${(perSecond / 1e6).toFixed(1)} M samples/s`;
  written.push({
    what: "recording read back for a replay",
    ours: millions(read.database),
    peer: `${millions(read.journal)} from the journal`,
    ratio: undefined,
  });
  if (psql)
    written.push({
      what: "the same beside psql",
      ours: rate(after.perSecond),
      peer: `${rate(psql)} psql \\copy binary`,
      ratio: after.perSecond / psql,
    });
  for (const [name, insert] of [
    ["multi-row INSERT with pg", plainInsert],
    ["multi-row INSERT with drizzle", drizzleInsert],
  ] as const) {
    const peer = await insert(await server.fresh(), Math.round(rowsTold / 10));
    written.push({
      what: `what people use today: ${name}`,
      ours: rate(steady.perSecond),
      peer: rate(peer),
      ratio: steady.perSecond / peer,
    });
  }
  return written;
}

function middle<R extends { readonly perSecond: number }>(results: readonly R[]): R {
  return results.toSorted((a, b) => a.perSecond - b.perSecond)[results.length >> 1]!;
}

/** Only where the server has a columnstore. */
function compression({ rowBytes, compressedBytes }: OurResult): BenchRow[] {
  if (compressedBytes === undefined) return [];
  return [
    {
      what: "bytes per sample before and after compression",
      ours: `${compressedBytes.toFixed(1)} in the columnstore`,
      peer: `${rowBytes.toFixed(0)} as rows with their index`,
      ratio: compressedBytes / rowBytes,
    },
  ];
}
