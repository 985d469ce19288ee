import type { Client } from "../database/connect.ts";
import type { DatabaseSettings } from "../settings.ts";
import { rollupQuery, type Dialect, type Rollup } from "./rollups.ts";

/** Hypertables and how much time one chunk holds. */
const hypertables = [
  ["samples", "time", "1 day"],
  ["texts", "time", "7 days"],
  ["batches", "at", "1 day"],
] as const;

export async function makeHypertables(client: Client): Promise<void> {
  for (const [table, column, chunk] of hypertables) {
    await client.query(
      `SELECT create_hypertable('${table}', by_range('${column}', interval '${chunk}'), create_default_indexes => false, if_not_exists => true, migrate_data => true)`,
    );
  }
}

/** Columnstore by point, newest first: how history is asked for. The recording is compressed already and stays as it is. */
export async function enableColumnstore(client: Client): Promise<void> {
  for (const table of ["samples", "texts"]) {
    const { rows } = await client.query(
      `SELECT 1 FROM timescaledb_information.hypertables WHERE hypertable_name = $1 AND compression_enabled`,
      [table],
    );
    if (rows.length > 0) continue;
    await client.query(
      `ALTER TABLE ${table} SET (timescaledb.enable_columnstore, timescaledb.segmentby = 'point_key', timescaledb.orderby = 'time DESC')`,
    );
  }
}

export async function isAggregate(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query(`SELECT 1 FROM timescaledb_information.continuous_aggregates WHERE view_name = $1`, [name]);
  return rows.length > 0;
}

const dialect = (timeZone: string): Dialect => ({
  bucket: ({ name, bucketUs }) =>
    name === "samples_1d" ? `time_bucket('1 day', time, '${timeZone}')` : `time_bucket('${bucketUs / 60e6} minutes', time)`,
  last: (value, time, filter) => `last(${value}, ${time}) ${filter}`,
});

/** Filled later: a refresh cannot run where other statements may be rolled back. What is not filled yet is computed when asked. */
export async function createAggregate(client: Client, rollup: Rollup, timeZone: string): Promise<void> {
  await client.query(
    `CREATE MATERIALIZED VIEW ${rollup.name} WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = true) AS
     ${rollupQuery(rollup, dialect(timeZone))} WITH NO DATA`,
  );
}

const dayMs = 86_400_000;
const interval = (ms: number) => `interval '${Math.round(ms / 1000)} seconds'`;

/** How far back the server's own refreshing looks. Older arrivals are refreshed by the gateway. Always less than what is kept. */
export function refreshBackMs(settings: DatabaseSettings): number {
  return Math.min(3 * dayMs, (settings.retention.samplesMs ?? Number.POSITIVE_INFINITY) / 2);
}

/** Compression, retention and refreshing by the server's own jobs, as the site file wants them now. */
export async function setPolicies(client: Client, settings: DatabaseSettings): Promise<void> {
  const { samplesMs, recordingMs, rollupsMs, compressAfterMs } = settings.retention;
  for (const table of ["samples", "texts"]) {
    await client.query(`CALL remove_columnstore_policy('${table}', if_exists => true)`);
    await client.query(`CALL add_columnstore_policy('${table}', after => ${interval(compressAfterMs)}, if_not_exists => true)`);
  }
  for (const [relation, keptMs] of [
    ["samples", samplesMs],
    ["texts", samplesMs],
    ["batches", recordingMs],
    ["samples_1m", rollupsMs],
    ["samples_1h", rollupsMs],
  ] as const) {
    await client.query(`SELECT remove_retention_policy('${relation}', if_exists => true)`);
    if (keptMs !== undefined)
      await client.query(`SELECT add_retention_policy('${relation}', drop_after => ${interval(keptMs)}, if_not_exists => true)`);
  }
  const back = refreshBackMs(settings);
  for (const [view, backMs, endMs, everyMs] of [
    ["samples_1m", back, 60_000, 60_000],
    ["samples_1h", back + dayMs / 12, 3_600_000, 600_000],
    ["samples_1d", back + 3 * dayMs, dayMs, 3_600_000],
  ] as const) {
    await client.query(`SELECT remove_continuous_aggregate_policy('${view}', if_exists => true)`);
    await client.query(
      `SELECT add_continuous_aggregate_policy('${view}', start_offset => ${interval(backMs)}, end_offset => ${interval(endMs)}, schedule_interval => ${interval(everyMs)})`,
    );
  }
}

/** Works out again what late arrivals touched; cannot run inside a transaction. Without a beginning: everything there is. */
export async function refresh(client: Client, rollups: readonly Rollup[], from: Date | undefined, to: Date): Promise<void> {
  const options = await refreshOptions(client);
  for (const { name, bucketUs } of rollups) {
    // A window must hold at least one whole bucket; in a time zone with daylight saving that can be 25 hours.
    const spare = (bucketUs / 1000) * 2;
    await client.query(`CALL refresh_continuous_aggregate('${name}', $1::timestamptz, $2::timestamptz${options})`, [
      from ? new Date(from.getTime() - spare) : null,
      new Date(to.getTime() + spare),
    ]);
  }
}

/**
 * Newer servers refresh ten buckets at a time to keep transactions short: ten minutes each, which makes seconds of what takes
 * a tenth of one. A day of minutes is short enough.
 */
async function refreshOptions(client: Client): Promise<string> {
  const { rows } = await client.query(
    "SELECT 1 FROM pg_proc WHERE proname = 'refresh_continuous_aggregate' AND 'options' = ANY(proargnames)",
  );
  return rows.length > 0 ? `, options => '{"buckets_per_batch": 1440}'` : "";
}

/** On an Apache-only build dropping whole chunks is there, only not by itself. */
export async function dropChunks(client: Client, table: string, before: Date): Promise<void> {
  await client.query(`SELECT drop_chunks('${table}', older_than => $1::timestamptz)`, [before]);
}
