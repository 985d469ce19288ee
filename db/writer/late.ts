import type { Client } from "../database/connect.ts";
import type { Engine } from "../engine/set-up.ts";
import { refreshBackMs } from "../engine/timescale.ts";
import type { DatabaseSettings } from "../settings.ts";

/**
 * Samples with a time before this are noted, so that the rollups they belong to are worked out again. Where the gateway keeps
 * the rollups, the mark is read under a share lock: it cannot move between reading it and committing the samples.
 */
export async function lateLimit(client: Client, engine: Engine, settings: DatabaseSettings, at: number): Promise<number> {
  if (engine.features.continuousAggregates) return at - refreshBackMs(settings) * 1000;
  const { rows } = await client.query<{ us: string }>(
    "SELECT extract(epoch FROM watermark) * 1000000 AS us FROM rollup_state WHERE name = 'closing' FOR SHARE",
  );
  return Number(rows[0]?.us ?? Number.NEGATIVE_INFINITY);
}
