import { openStore } from "#db/store/open.ts";
import { connect, type Client } from "#db/database/connect.ts";
import { refresh } from "#db/engine/timescale.ts";
import { setUpDatabase } from "#db/engine/set-up.ts";
import { keepUpOnce } from "#db/writer/upkeep.ts";
import { databaseSettings } from "#db/settings.ts";
import { noon } from "#test/fakes/recording.ts";
import type { Log } from "#src/kit/log.ts";
import type { BenchRow } from "../row.ts";

const usPerDay = 86_400_000_000;
const points = 20;
const never = new AbortController().signal;

/** Thirty days of a few points every ten seconds, made by the server, then each question beside the bare query for it. */
export async function questions(url: string, _folder: string, log: Log): Promise<BenchRow[]> {
  const settings = databaseSettings(url, { retention: { compressAfterMs: 1e12 } });
  const client = await connect(url, "bench");
  const engine = await setUpDatabase(client, settings, log);
  await fill(client);
  if (engine.features.continuousAggregates) await refresh(client, engine.rollups, undefined, new Date(noon / 1000));
  else await keepUpOnce(client, settings, engine, noon / 1000);
  await client.query("ANALYZE");
  const store = openStore({ url, log });
  const to = noon;
  const names = Array.from({ length: points }, (_, i) => `q${i}`);
  const key = (await client.query<{ key: number }>("SELECT key FROM points WHERE id = 'q0'")).rows[0]!.key;
  const rows = [
    await beside(
      "latest of 2,000 points",
      () => store.latest(),
      () => client.query("SELECT * FROM point_last"),
    ),
    await beside(
      "1 h of 1 point",
      () => drain(store.raw(["q0"], to - usPerDay / 24, to, { limit: 1e6, signal: never })),
      () =>
        client.query(
          `SELECT time, value, quality FROM samples WHERE point_key = ${key} AND time >= timestamptz '2026-03-01 11:00Z' AND time < '2026-03-01 12:00Z' ORDER BY time`,
        ),
    ),
    await beside(
      "24 h of 20 points in 500 buckets",
      () => drain(store.buckets(names, to - usPerDay, to, { buckets: 500, signal: never })),
      () =>
        client.query(
          `SELECT point_key, date_bin('172.8 s', time, '2026-02-28 12:00Z') AS t, min(value), max(value), avg(value), count(*), max(quality) FROM samples
           WHERE time >= timestamptz '2026-02-28 12:00Z' AND time < '2026-03-01 12:00Z' AND point_key = ANY(ARRAY(SELECT key FROM points WHERE id LIKE 'q%')) GROUP BY 1, 2 ORDER BY 1, 2`,
        ),
    ),
    await beside(
      "30 d of 1 point in 1,000 buckets",
      () => drain(store.buckets(["q0"], to - 30 * usPerDay, to, { buckets: 1_000, signal: never })),
      () =>
        client.query(
          `SELECT date_bin('44 min', time, '2026-01-30 12:00Z') AS t, min(min), max(max), sum(sum) / sum(count), sum(count), max(quality) FROM samples_1m
           WHERE point_key = ${key} AND time >= timestamptz '2026-01-30 12:00Z' AND time < '2026-03-01 12:00Z' GROUP BY 1 ORDER BY 1`,
        ),
    ),
  ];
  await store.close();
  await client.end();
  return rows;
}

async function fill(client: Client): Promise<void> {
  await client.query(`INSERT INTO points (id, kind) SELECT 'q' || i, 'number' FROM generate_series(0, ${points - 1}) i`);
  await client.query("INSERT INTO points (id, kind) SELECT 'l' || i, 'number' FROM generate_series(1, 2000) i");
  await client.query("INSERT INTO point_last SELECT key, '2026-03-01Z', '2026-03-01Z', key, NULL, NULL, 0 FROM points");
  for (let day = 0; day < 30; day++) {
    await client.query(
      `INSERT INTO samples (time, at, value, point_key, quality) SELECT t, t, sin(extract(epoch FROM t) / 1000 + p.key), p.key, 0
       FROM generate_series(timestamptz '2026-01-30 12:00Z' + $1 * interval '1 day', timestamptz '2026-01-31 11:59:59Z' + $1 * interval '1 day', '10 s') t, points p WHERE p.id LIKE 'q%'`,
      [day],
    );
  }
}

const times = 15;

async function beside(what: string, ours: () => Promise<unknown>, bare: () => Promise<unknown>): Promise<BenchRow> {
  const [a, b] = [await median(ours), await median(bare)];
  return { what, ours: `${a.toFixed(1)} ms`, peer: `${b.toFixed(1)} ms bare query`, ratio: a / b, bar: "≤ 2" };
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await work();
    taken.push(performance.now() - began);
  }
  return taken.toSorted((a, b) => a - b)[Math.floor(times / 2)]!;
}

async function drain(pages: AsyncIterable<readonly unknown[]>): Promise<void> {
  for await (const _page of pages);
}
