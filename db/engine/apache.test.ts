import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "#src/kit/log.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { connect } from "../database/connect.ts";
import { openStore } from "../store/open.ts";
import { databaseSettings } from "../settings.ts";
import { keepUpOnce } from "../writer/upkeep.ts";
import { detectFeatures } from "./features.ts";
import { setUpDatabase } from "./set-up.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

const day = 86_400_000;
const end = Date.parse("2026-03-31T10:00:00Z");
const never = new AbortController().signal;
const story = `
  INSERT INTO samples (time, at, value, point_key, quality)
  SELECT t, t, sin(n), (SELECT key FROM points WHERE id = 'a'), CASE WHEN n % 7 = 0 THEN 130 ELSE 0 END
  FROM (SELECT row_number() OVER () AS n, t FROM generate_series(timestamptz '2026-03-27 10:00Z', '2026-03-31 09:59Z', '47 s') t) s`;

// Which servers these are says `DATABASE_URL`: with `timescaledb.license = 'apache'` the second engine is that build, with a full
// TimescaleDB it is that, and without either both are plain PostgreSQL; the answers are the same on all of them.
test("the server's engine and plain PostgreSQL answer alike, and keep as much", async () => {
  const answers = [];
  for (const choice of ["plain", "auto"] as const) {
    const url = await server.fresh();
    const client = await connect(url, "test");
    const settings = databaseSettings(url, {
      engine: choice,
      timeZone: "Europe/Berlin",
      retention: { samplesMs: 2 * day, recordingMs: 2 * day, compressAfterMs: 1e12 },
    });
    const engine = await setUpDatabase(client, settings, silentLog);
    await client.query("INSERT INTO points (id, kind) VALUES ('a', 'number')");
    await client.query(story);
    // Once before and once after: what is no longer kept as samples is in the rollups by then.
    for (const nowMs of [end - 2 * day, end]) {
      if (engine.features.continuousAggregates) break;
      await keepUpOnce(client, settings, engine, nowMs);
    }
    const store = openStore({ url, log: silentLog });
    const buckets = [];
    for await (const page of store.buckets(["a"], (end - day) * 1000, end * 1000, { buckets: 24, signal: never })) buckets.push(...page);
    await store.close();
    const views = [];
    for (const view of ["sample_history_1m", "sample_history_1h", "sample_history_1d"]) {
      const shown = "time, point, round(mean::numeric, 9) AS mean, min, max, last, count::int, rows::int, worst_quality";
      views.push((await client.query(`SELECT ${shown} FROM ${view} WHERE time >= '2026-03-30Z' ORDER BY time`)).rows);
    }
    answers.push({ buckets, views });
    await client.end();
  }
  expect(answers[0]!.buckets.length).toBeGreaterThan(20);
  expect(answers[1]).toEqual(answers[0]);
});

test("an Apache-only TimescaleDB has its hypertables, says what it lacks, and drops whole chunks by itself", async () => {
  const url = await server.fresh();
  const client = await connect(url, "test");
  const settings = databaseSettings(url, { retention: { samplesMs: 2 * day, compressAfterMs: day } });
  const engine = await setUpDatabase(client, settings, silentLog);
  const license = (await client.query<{ is: string | null }>("SELECT current_setting('timescaledb.license', true) AS is")).rows[0]!.is;
  const expected = license === "apache" || license === "timescale";
  expect(engine.features).toMatchObject({ hypertables: expected, columnstore: license === "timescale", policies: license === "timescale" });
  expect(await detectFeatures(client, "auto")).toEqual(engine.features);
  if (license === "apache") {
    expect(engine.features.because.join()).toMatch(/Apache-only build .* no columnstore, aggregates or policies; the gateway keeps/);
    const chunks = async () => (await client.query<{ n: number }>("SELECT count(*)::int AS n FROM show_chunks('samples')")).rows[0]!.n;
    await client.query("INSERT INTO points (id, kind) VALUES ('a', 'number')");
    await client.query(story);
    const before = await chunks();
    await keepUpOnce(client, settings, engine, end);
    expect(await chunks()).toBeLessThan(before);
    const { rows } = await client.query<{ oldest: Date }>("SELECT min(time) AS oldest FROM samples");
    expect(rows[0]!.oldest.getTime()).toBeGreaterThanOrEqual(end - 3 * day - day / 2);
    expect((await client.query("SELECT 1 FROM samples_1h WHERE time < timestamptz '2026-03-28 12:00Z'")).rowCount).toBeGreaterThan(0);
  }
  await client.end();
});
