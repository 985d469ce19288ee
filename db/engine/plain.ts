import type { Client } from "../database/connect.ts";
import { inTransaction } from "../database/connect.ts";
import { rollupColumns, rollupQuery, type Dialect, type Rollup } from "./rollups.ts";

/**
 * Rollups kept by the gateway, under the names and with the results TimescaleDB's continuous aggregates have: a table holds
 * what is worked out up to a watermark, and the view adds what is newer, computed when asked. Two marks: writers compare
 * against `closing`, which moves first; readers use `watermark`, which follows when the buckets up to it are written.
 */
const kept = (name: string) => `${name}_kept`;
const closing = "closing";

export async function createRollup(client: Client, rollup: Rollup, timeZone: string): Promise<void> {
  const table = kept(rollup.name);
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${table} (point_key int NOT NULL, time timestamptz NOT NULL, rows bigint NOT NULL, count bigint NOT NULL, sum float8,
       min float8, max float8, last float8, last_time timestamptz, quality smallint NOT NULL, PRIMARY KEY (point_key, time))`,
  );
  await client.query(`CREATE INDEX IF NOT EXISTS ${table}_time ON ${table} USING brin (time)`);
  await client.query(`INSERT INTO rollup_state VALUES ($1, '-infinity') ON CONFLICT DO NOTHING`, [rollup.name]);
  await client.query(`INSERT INTO rollup_state VALUES ($1, '-infinity') ON CONFLICT DO NOTHING`, [closing]);
  const mark = `(SELECT watermark FROM rollup_state WHERE name = '${rollup.name}')`;
  await client.query(
    `CREATE OR REPLACE VIEW ${rollup.name} AS SELECT ${rollupColumns} FROM ${table} WHERE time < ${mark}
     UNION ALL ${rollupQuery(rollup, dialect(timeZone), `WHERE time >= ${mark}`)}`,
  );
}

const dialect = (timeZone: string): Dialect => ({
  bucket: (rollup) => bucketOf(rollup, timeZone),
  // As an array, because an ordered aggregate would sort every bucket, and `last()` is TimescaleDB's alone.
  last: (value, time, filter) => `(max(ARRAY[extract(epoch FROM ${time})::float8, ${value}]) ${filter})[2]`,
});

function bucketOf(rollup: Rollup, timeZone: string): string {
  if (rollup.name === "samples_1d") return `date_trunc('day', time, '${timeZone}')`;
  return `date_bin('${rollup.bucketUs / 60e6} minutes', time, '2000-01-01 00:00:00+00'::timestamptz)`;
}

/** Closes the buckets that end before `upTo` and works out again what late samples touched. */
export async function advanceRollups(
  client: Client,
  rollups: readonly Rollup[],
  timeZone: string,
  upTo: Date,
  keptFrom: Date | undefined,
): Promise<void> {
  // Alone and first: it waits for the transactions that still write under the old mark, and later ones see the new one.
  await client.query(`UPDATE rollup_state SET watermark = greatest(watermark, date_trunc('minute', $2::timestamptz)) WHERE name = $1`, [
    closing,
    upTo,
  ]);
  await redoLate(client, rollups, timeZone, keptFrom);
  for (const rollup of rollups) {
    const below = rollup.of === "samples" ? closing : rollup.of;
    const to = `(SELECT ${bucketOf(rollup, timeZone).replace("time,", "watermark,")} FROM rollup_state WHERE name = '${below}' AND isfinite(watermark))`;
    await inTransaction(client, async () => {
      const { rows } = await client.query<{ from: string; to: string | null }>(
        `SELECT watermark::text AS from, ${to}::text AS to FROM rollup_state WHERE name = $1 FOR UPDATE`,
        [rollup.name],
      );
      const row = rows[0];
      if (!row || row.to === null) return;
      await client.query(
        `INSERT INTO ${kept(rollup.name)} (${rollupColumns}) SELECT ${rollupColumns} FROM (${rollupQuery(rollup, dialect(timeZone), "WHERE time >= $1 AND time < $2")}) fresh
         ON CONFLICT DO NOTHING`,
        [row.from, row.to],
      );
      await client.query(`UPDATE rollup_state SET watermark = greatest(watermark, $2) WHERE name = $1`, [rollup.name, row.to]);
    });
  }
}

/** Late stretches worked out again at most at once; the rest waits for the next round. */
const lateAtOnce = 200;

async function redoLate(client: Client, rollups: readonly Rollup[], timeZone: string, keptFrom: Date | undefined): Promise<void> {
  await inTransaction(client, async () => {
    const { rows } = await client.query<{ keys: number[]; from: string; to: string }>(
      `DELETE FROM rollup_late WHERE id IN (SELECT id FROM rollup_late ORDER BY id LIMIT ${lateAtOnce})
       RETURNING point_keys AS keys, from_time::text AS from, to_time::text AS to`,
    );
    for (const late of rows) {
      // Buckets whose samples are no longer all there stay as they were worked out.
      if (keptFrom && new Date(late.from) < keptFrom) continue;
      for (const rollup of rollups) await redo(client, rollup, timeZone, late);
    }
  });
}

async function redo(client: Client, rollup: Rollup, timeZone: string, late: { keys: number[]; from: string; to: string }): Promise<void> {
  const bucket = bucketOf(rollup, timeZone);
  const first = bucket.replace("time,", "$2::timestamptz,");
  const last = bucket.replace("time,", "$3::timestamptz,");
  // 26 hours from a midnight lie in the next day, whatever the clocks did; its start is where the stretch ends.
  const end =
    rollup.name === "samples_1d"
      ? bucket.replace("time,", `${last} + interval '26 hours',`)
      : `${last} + interval '${rollup.bucketUs / 60e6} minutes'`;
  const mark = `(SELECT watermark FROM rollup_state WHERE name = '${rollup.name}')`;
  const where = `WHERE point_key = ANY($1) AND time >= ${first} AND time < least(${end}, ${mark})`;
  const values = [late.keys, late.from, late.to];
  await client.query(`DELETE FROM ${kept(rollup.name)} ${where}`, values);
  const fresh = rollupQuery(rollup, dialect(timeZone), where);
  await client.query(
    `INSERT INTO ${kept(rollup.name)} (${rollupColumns}) SELECT ${rollupColumns} FROM (${fresh}) fresh ON CONFLICT DO NOTHING`,
    values,
  );
}

export async function dropRollup(client: Client, name: string): Promise<void> {
  await client.query(`DROP VIEW IF EXISTS ${name}`);
  await client.query(`DROP TABLE IF EXISTS ${kept(name)}`);
  await client.query(`DELETE FROM rollup_state WHERE name = $1`, [name]);
}

/** Rows of one table dropped at a time: a delete of a whole day at once would hold the disk for minutes. */
const deletedAtOnce = 50_000;

export async function deleteBefore(client: Client, table: string, column: string, before: Date): Promise<number> {
  const { rowCount } = await client.query(
    `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE ${column} < $1 LIMIT ${deletedAtOnce}))`,
    [before],
  );
  return rowCount ?? 0;
}
