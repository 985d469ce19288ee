import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "#src/kit/log.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { connect, type Client } from "../database/connect.ts";
import { databaseSettings, type DatabaseSettings } from "../settings.ts";
import { keepUpOnce } from "../writer/upkeep.ts";
import type { EngineChoice } from "./features.ts";
import { rollupsFor } from "./rollups.ts";
import { setUpDatabase, type Engine } from "./set-up.ts";

let server: TestServer;
const open: Client[] = [];

beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());
afterEach(async () => {
  for (const client of open.splice(0)) await client.end();
});

interface Database {
  readonly client: Client;
  readonly settings: DatabaseSettings;
  readonly engine: Engine;
}

async function database(choice: EngineChoice, timeZone: string, url?: string): Promise<Database> {
  const where = url ?? (await server.fresh());
  const client = await connect(where, "test");
  open.push(client);
  const settings = databaseSettings(where, { engine: choice, timeZone, retention: { compressAfterMs: 1e12 } });
  return { client, settings, engine: await setUpDatabase(client, settings, silentLog) };
}

/** Irregular samples of three points over three days around the change to summer time; every seventh bad, every eleventh empty. */
const story = `
  INSERT INTO samples (time, at, value, point_key, quality)
  SELECT t, t + interval '1 s', CASE WHEN n % 11 = 0 THEN NULL ELSE sin(n) * p END, p, CASE WHEN n % 7 = 0 THEN 130 WHEN n % 5 = 0 THEN 64 ELSE 0 END
  FROM (SELECT row_number() OVER () AS n, t FROM generate_series(timestamptz '2026-03-28 10:00Z', '2026-03-31 10:00Z', '47.123457 s') t) s, generate_series(1, 3) p`;
const end = Date.parse("2026-03-31T10:00:00Z");

const columns = "point_key, time, rows::int, count::int, round(sum::numeric, 6)::text AS sum, min, max, last, last_time, quality";
const contents = async (client: Client, name: string) =>
  (await client.query(`SELECT ${columns} FROM ${name} ORDER BY point_key, time`)).rows;

/** Worked out the slow way, straight from the samples. */
const slow = async (client: Client, bucket: string) =>
  (
    await client.query(
      `SELECT ${columns} FROM (
         SELECT point_key, ${bucket} AS time, count(*) AS rows, count(value) FILTER (WHERE quality < 128) AS count, sum(value) FILTER (WHERE quality < 128) AS sum,
           min(value) FILTER (WHERE quality < 128) AS min, max(value) FILTER (WHERE quality < 128) AS max,
           (array_agg(value ORDER BY time DESC) FILTER (WHERE quality < 128 AND value IS NOT NULL))[1] AS last,
           max(time) FILTER (WHERE quality < 128 AND value IS NOT NULL) AS last_time, max(quality) AS quality
         FROM samples GROUP BY 1, 2) x ORDER BY point_key, time`,
    )
  ).rows;

const bucketsOf = (timeZone: string) =>
  [
    ["samples_1m", "date_trunc('minute', time)"],
    ["samples_1h", "date_trunc('hour', time)"],
    ["samples_1d", `date_trunc('day', time, '${timeZone}')`],
  ] as const;

describe.each(["Europe/Berlin", "Asia/Kolkata"])("rollups with days of %s", (timeZone) => {
  let plain: Database;
  beforeEach(async () => {
    plain = await database("plain", timeZone);
    await plain.client.query(story);
  });

  test("hold what the samples amount to, before and after they are worked out", async () => {
    for (const [name, bucket] of bucketsOf(timeZone)) expect(await contents(plain.client, name)).toEqual(await slow(plain.client, bucket));
    await keepUpOnce(plain.client, plain.settings, plain.engine, end);
    expect((await plain.client.query("SELECT count(*)::int AS n FROM samples_1m_kept")).rows[0].n).toBeGreaterThan(9_000);
    for (const [name, bucket] of bucketsOf(timeZone)) expect(await contents(plain.client, name)).toEqual(await slow(plain.client, bucket));
  });

  test("take in what comes late", async () => {
    await keepUpOnce(plain.client, plain.settings, plain.engine, end);
    const late = "timestamptz '2026-03-29 00:30:10Z'";
    await plain.client.query(
      `INSERT INTO samples (time, at, value, point_key, quality) SELECT ${late} + n * interval '1 hour', now(), 1000 + n, 2, 65 FROM generate_series(0, 5) n`,
    );
    await plain.client.query(
      `INSERT INTO rollup_late (from_time, to_time, point_keys) VALUES (${late}, ${late} + interval '5 hours', '{2}')`,
    );
    await keepUpOnce(plain.client, plain.settings, plain.engine, end);
    for (const [name, bucket] of bucketsOf(timeZone)) expect(await contents(plain.client, name)).toEqual(await slow(plain.client, bucket));
  });

  test("are the same from both engines, where there are two", async () => {
    // On a server without TimescaleDB there is one engine to compare; `npm run test:timescale` brings the other.
    if (!server.hasTimescale) return;
    const timescale = await database("auto", timeZone);
    await timescale.client.query(story);
    await keepUpOnce(plain.client, plain.settings, plain.engine, end);
    for (const filled of [false, true]) {
      if (filled)
        for (const { name } of timescale.engine.rollups)
          await timescale.client.query(`CALL refresh_continuous_aggregate('${name}', NULL, NULL)`);
      for (const [name] of bucketsOf(timeZone)) expect(await contents(timescale.client, name)).toEqual(await contents(plain.client, name));
    }
  });
});

describe("settings of the site file", () => {
  test("days follow the time zone when it is changed, and the rest stays", async () => {
    const url = await server.fresh();
    const before = await database("plain", "UTC", url);
    await before.client.query(story);
    await keepUpOnce(before.client, before.settings, before.engine, end);
    const minutes = (await before.client.query("SELECT count(*)::int AS n FROM samples_1m_kept")).rows[0].n;
    const after = await database("plain", "Asia/Kolkata", url);
    expect(await contents(after.client, "samples_1d")).toEqual(await slow(after.client, "date_trunc('day', time, 'Asia/Kolkata')"));
    expect((await after.client.query("SELECT count(*)::int AS n FROM samples_1m_kept")).rows[0].n).toBe(minutes);
  });

  test("a day is made of hours only where the clock has whole ones", () => {
    const madeOf = (zone: string) => rollupsFor(zone).at(-1)!.of;
    expect(madeOf("Europe/Berlin")).toBe("samples_1h");
    expect(madeOf("Asia/Kolkata")).toBe("samples_1m");
    expect(madeOf("Australia/Lord_Howe")).toBe("samples_1m");
  });

  test("what is older than the site keeps goes, and its rollups stay", async () => {
    const { client, settings, engine } = await database("plain", "UTC");
    await client.query(story);
    const hours = await contents(client, "samples_1h");
    await keepUpOnce(client, settings, engine, end);
    const kept = { ...settings, retention: { ...settings.retention, samplesMs: 86_400_000 } };
    await keepUpOnce(client, kept, engine, end);
    const [left] = (await client.query<{ oldest: Date }>("SELECT min(time) AS oldest FROM samples")).rows;
    expect(left!.oldest.getTime()).toBeGreaterThanOrEqual(end - 86_400_000);
    expect(await contents(client, "samples_1h")).toEqual(hours);
  });

  test("analysts may read everything and change nothing", async () => {
    const { client } = await database("auto", "UTC");
    await client.query("SET ROLE plainview_reader");
    await client.query("SELECT * FROM sample_history");
    await client.query("SELECT * FROM flow_metrics_1h");
    await expect(client.query("DELETE FROM samples")).rejects.toThrow(/permission denied/);
    await client.query("RESET ROLE");
  });
});
