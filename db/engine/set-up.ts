import type { Log } from "#src/kit/log.ts";
import type { Client } from "../database/connect.ts";
import { explain } from "../database/errors.ts";
import { migrate } from "../database/migrate.ts";
import type { DatabaseSettings } from "../settings.ts";
import { describeFeatures, detectFeatures, type Features } from "./features.ts";
import { createRollup, dropRollup } from "./plain.ts";
import { createReadable, dropReadable, grantReader } from "./readable.ts";
import { rollupsFor, type Rollup } from "./rollups.ts";
import { createAggregate, enableColumnstore, isAggregate, makeHypertables, setPolicies } from "./timescale.ts";

/** A database that is ready to be written: schema current, what the server can do in use, the site's settings applied. */
export interface Engine {
  readonly features: Features;
  readonly rollups: readonly Rollup[];
  /** The aggregates were made just now over rows that exist: they want one full refresh. */
  readonly unfilled: boolean;
}

/** Any number of its own, so that two gateways that start at once do this one after the other. */
const lock = 7_305_809_117;

/** Safe to run at every start; changes only what is not as it should be. Rejects with a GatewayError. */
export async function setUpDatabase(client: Client, settings: DatabaseSettings, log: Log): Promise<Engine> {
  try {
    const applied = await migrate(client);
    if (applied.length > 0) log.info("the database schema was brought up to date", { applied });
    await client.query("SELECT pg_advisory_lock($1)", [lock]);
    try {
      return await setUp(client, settings, log);
    } finally {
      await client.query("SELECT pg_advisory_unlock($1)", [lock]).catch(() => undefined);
    }
  } catch (error) {
    throw explain(error, "setting up the database");
  }
}

async function setUp(client: Client, settings: DatabaseSettings, log: Log): Promise<Engine> {
  const features = await detectFeatures(client, settings.engine);
  if (features.hypertables) await makeHypertables(client);
  if (features.columnstore) await enableColumnstore(client);
  const rollups = rollupsFor(settings.timeZone);
  const unfilled = await setUpRollups(client, settings, features, rollups);
  await createReadable(client);
  await saveSetting(client, "flowMetrics", settings.flowMetrics);
  await saveSetting(client, "retention", settings.retention);
  const policies = { retention: settings.retention, rollups };
  if (features.policies && (unfilled || (await changed(client, "policies", policies)))) {
    await setPolicies(client, settings);
    await saveSetting(client, "policies", policies);
  }
  const unreadable = await grantReader(client);
  if (unreadable !== undefined) log.warn(unreadable);
  for (const why of features.because) log.info(why);
  log.info("the database is ready", { engine: describeFeatures(features) });
  return { features, rollups, unfilled };
}

/** Makes what is missing, and makes anew what was made for another engine or another time zone. True when something was made. */
async function setUpRollups(client: Client, settings: DatabaseSettings, features: Features, rollups: readonly Rollup[]): Promise<boolean> {
  const wanted = { timeZone: settings.timeZone, aggregates: features.continuousAggregates, rollups };
  if (!(await changed(client, "rollups", wanted)) && !features.continuousAggregates) {
    for (const rollup of rollups) await createRollup(client, rollup, settings.timeZone);
    return false;
  }
  if (!(await changed(client, "rollups", wanted))) return false;
  await dropReadable(client);
  const before = await setting(client, "rollups");
  const sameEngine = (before as typeof wanted | undefined)?.aggregates === wanted.aggregates;
  // Days alone depend on the time zone; minutes and hours are kept when only that changed.
  for (const rollup of rollups.toReversed()) {
    if (sameEngine && rollup.name !== "samples_1d") continue;
    if (features.timescale !== undefined && (await isAggregate(client, rollup.name)))
      await client.query(`DROP MATERIALIZED VIEW ${rollup.name}`);
    else await dropRollup(client, rollup.name);
  }
  for (const rollup of rollups) {
    if (!features.continuousAggregates) await createRollup(client, rollup, settings.timeZone);
    else if (!(await isAggregate(client, rollup.name))) await createAggregate(client, rollup, settings.timeZone);
  }
  await saveSetting(client, "rollups", wanted);
  return features.continuousAggregates;
}

async function setting(client: Client, name: string): Promise<unknown> {
  const { rows } = await client.query<{ value: unknown }>("SELECT value FROM setting WHERE name = $1", [name]);
  return rows[0]?.value;
}

async function changed(client: Client, name: string, wanted: unknown): Promise<boolean> {
  const { rows } = await client.query("SELECT 1 FROM setting WHERE name = $1 AND value = $2::jsonb", [name, JSON.stringify(wanted)]);
  return rows.length === 0;
}

async function saveSetting(client: Client, name: string, value: unknown): Promise<void> {
  await client.query("INSERT INTO setting VALUES ($1, $2::jsonb) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [
    name,
    JSON.stringify(value),
  ]);
}
