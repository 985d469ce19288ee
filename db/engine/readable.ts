import type { Client } from "../database/connect.ts";
import { sqlState } from "../database/errors.ts";

/** A role without login that may read everything and change nothing: `GRANT plainview_reader TO analyst`. */
const reader = "plainview_reader";

const rollups = ["1m", "1h", "1d"] as const;

/** The view of the product's documents. Which three points stand behind it is a row in `setting`, not part of the view. */
const flowMetrics = `
  CREATE OR REPLACE VIEW flow_metrics_1h AS
  SELECT bucket.time,
    max(bucket.mean) FILTER (WHERE chosen.key = 'flowRateLpm') AS flow_rate_lpm,
    max(bucket.mean) FILTER (WHERE chosen.key = 'pressurePa') AS pressure_pa,
    max(bucket.mean) FILTER (WHERE chosen.key = 'temperatureC') AS temperature_c
  FROM setting s
  CROSS JOIN LATERAL jsonb_each_text(s.value) chosen
  JOIN points p ON p.id = chosen.value
  CROSS JOIN LATERAL (
    -- OFFSET 0 keeps the planner from joining instead: with the point known, its few rows are found by index.
    SELECT time, sum / nullif(count, 0) AS mean FROM samples_1h WHERE point_key = p.key OFFSET 0
  ) bucket
  WHERE s.name = 'flowMetrics'
  GROUP BY bucket.time ORDER BY bucket.time`;

/** Views over the rollups; they come and go with them, so they are not part of the migrations. */
export async function createReadable(client: Client): Promise<void> {
  for (const span of rollups) {
    await client.query(
      `CREATE OR REPLACE VIEW sample_history_${span} AS
       SELECT r.time, p.id AS point, r.sum / nullif(r.count, 0) AS mean, r.min, r.max, r.last, r.count, r.rows, quality_word(r.quality) AS worst_quality, p.unit
       FROM samples_${span} r JOIN points p ON p.key = r.point_key`,
    );
  }
  await client.query(flowMetrics);
}

export async function dropReadable(client: Client): Promise<void> {
  await client.query("DROP VIEW IF EXISTS flow_metrics_1h");
  for (const span of rollups) await client.query(`DROP VIEW IF EXISTS sample_history_${span}`);
}

/** Undefined when it is done; otherwise why it could not be, for the log. */
export async function grantReader(client: Client): Promise<string | undefined> {
  try {
    const { rows } = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [reader]);
    if (rows.length === 0) await client.query(`CREATE ROLE ${reader} NOLOGIN`);
    await client.query(`GRANT USAGE ON SCHEMA public TO ${reader}`);
    await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader}`);
    return undefined;
  } catch (error) {
    const state = sqlState(error);
    // Two gateways of one server may make it at the same moment; roles belong to the server, not to a database.
    if (state === "23505" || state === "42710" || state === "XX000") return grantReader(client);
    if (state === "42501") return `the role "${reader}" for analysts could not be made: the database user may not create roles`;
    throw error;
  }
}
