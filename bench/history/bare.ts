import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import copyStreams from "pg-copy-streams";
import { drizzle } from "drizzle-orm/node-postgres";
import { connect, type Client } from "#db/database/connect.ts";
import { setUpDatabase } from "#db/engine/set-up.ts";
import { samples as samplesTable } from "#db/schema/samples.ts";
import { databaseSettings } from "#db/settings.ts";
import { CopyBuffer } from "#db/writer/copy-buffer.ts";
import { silentLog } from "#src/kit/log.ts";
import { Story } from "#test/fakes/recording.ts";
import { batches } from "./told.ts";

const rowsInOneCopy = 50_000;
const columns = "samples (time, at, value, source_time, code, point_key, quality)";

export interface BareResult {
  readonly perSecond: number;
  readonly cpuSecondsPerMillion: number;
}

/** The floor: rows that are bytes already, into the same table, by one connection that does nothing else. */
export async function bareCopy(url: string, rows: number): Promise<BareResult> {
  const client = await prepared(url);
  const buffers = [...copies(rows)];
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (const bytes of buffers)
    await pipeline(Readable.from([bytes]), client.query(copyStreams.from(`COPY ${columns} FROM STDIN (FORMAT binary)`)));
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  await client.end();
  return { perSecond: rows / seconds, cpuSecondsPerMillion: (used.user + used.system) / rows };
}

/** Undefined where there is no psql. */
export async function psqlCopy(url: string, folder: string, rows: number): Promise<number | undefined> {
  if (spawnSync("psql", ["--version"]).status !== 0) return undefined;
  const client = await prepared(url);
  await client.end();
  const whole = new CopyBuffer(rows * 64);
  for (const fact of batches(new Story(), rows)) addRows(whole, fact.samples, fact.at);
  const file = join(folder, "rows.copy");
  writeFileSync(file, whole.finish());
  const began = performance.now();
  const code = await new Promise((resolve) =>
    spawn("psql", [url, "-q", "-c", `\\copy ${columns} FROM '${file}' (FORMAT binary)`], { stdio: "inherit" }).once("close", resolve),
  );
  return code === 0 ? rows / ((performance.now() - began) / 1000) : undefined;
}

const rowsInOneInsert = 1_000;

export async function plainInsert(url: string, rows: number): Promise<number> {
  const client = await prepared(url);
  const began = performance.now();
  for (const values of inserts(rows)) {
    const places = values.map((_, i) => `($${i * 5 + 1}, $${i * 5 + 2}, $${i * 5 + 3}, $${i * 5 + 4}, $${i * 5 + 5})`).join(", ");
    await client.query(
      `INSERT INTO samples (time, at, value, point_key, quality) VALUES ${places}`,
      values.flatMap((row) => [row.time, row.at, row.value, row.pointKey, row.quality]),
    );
  }
  const seconds = (performance.now() - began) / 1000;
  await client.end();
  return rows / seconds;
}

export async function drizzleInsert(url: string, rows: number): Promise<number> {
  const client = await prepared(url);
  const db = drizzle(client);
  const began = performance.now();
  for (const values of inserts(rows)) await db.insert(samplesTable).values(values);
  const seconds = (performance.now() - began) / 1000;
  await client.end();
  return rows / seconds;
}

async function prepared(url: string): Promise<Client> {
  const client = await connect(url, "bench");
  await setUpDatabase(client, databaseSettings(url, { retention: { compressAfterMs: 1e12 } }), silentLog);
  return client;
}

function* copies(rows: number): Generator<Buffer> {
  let copy = new CopyBuffer(rowsInOneCopy * 64);
  for (const fact of batches(new Story(), rows)) {
    addRows(copy, fact.samples, fact.at);
    if (copy.rows < rowsInOneCopy) continue;
    yield copy.finish();
    copy = new CopyBuffer(rowsInOneCopy * 64);
  }
  if (copy.rows > 0) yield copy.finish();
}

interface Columns {
  readonly keys: Uint32Array;
  readonly values: Float64Array;
  readonly sourceTimes: Float64Array;
}

function addRows(copy: CopyBuffer, { keys, values, sourceTimes }: Columns, at: number): void {
  for (let i = 0; i < keys.length; i++) copy.sample(sourceTimes[i]!, at, values[i]!, null, null, keys[i]!, 0);
}

function* inserts(rows: number) {
  let values = [];
  for (const fact of batches(new Story(), rows)) {
    const at = new Date(fact.at / 1000);
    for (const [i, key] of fact.samples.keys.entries()) {
      values.push({ time: new Date(fact.samples.sourceTimes[i]! / 1000), at, value: fact.samples.values[i]!, pointKey: key, quality: 0 });
      if (values.length < rowsInOneInsert) continue;
      yield values;
      values = [];
    }
  }
}
