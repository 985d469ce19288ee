import type { Log } from "#src/kit/log.ts";
import { connect, type Client } from "../database/connect.ts";
import { explain } from "../database/errors.ts";
import { advanceRollups, deleteBefore } from "../engine/plain.ts";
import type { Engine } from "../engine/set-up.ts";
import { dropChunks, refresh } from "../engine/timescale.ts";
import type { DatabaseSettings } from "../settings.ts";

/** Rollups and retention beside the writing, on a connection of their own, so that writing does not wait for them. */
export interface Upkeep {
  stop(): Promise<void>;
}

const everyMs = 15_000;
/** A bucket is closed this long after its end, so that what is only a little late still finds it open. */
const settleMs = 60_000;
/** Slices deleted in one round at most; the next round goes on. */
const slicesAtOnce = 20;

/** `nowUs` is the time up to which the database holds what came in. */
export function keepUp(settings: DatabaseSettings, engine: Engine, nowUs: () => number, log: Log): Upkeep {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let unfilled = engine.unfilled;
  const round = async () => {
    const now = nowUs() / 1000;
    if (stopped || now <= 0) return;
    try {
      const client = await connect(settings.url, "upkeep");
      try {
        if (unfilled) await fill(client, engine, now);
        unfilled = false;
        await keepUpOnce(client, settings, engine, now);
      } finally {
        await client.end().catch(() => undefined);
      }
    } catch (error) {
      if (!stopped) log.warn(explain(error, "keeping rollups and retention").message);
    }
  };
  const timer = setInterval(() => (running = running.then(round)), everyMs);
  timer.unref();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      // A long refresh is not waited for: its connection ends with the process, and the server undoes what was half done.
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 200))]);
    },
  };
}

export async function keepUpOnce(client: Client, settings: DatabaseSettings, engine: Engine, nowMs: number): Promise<void> {
  const { samplesMs, recordingMs, rollupsMs } = settings.retention;
  const before = (keptMs: number | undefined) => (keptMs === undefined ? undefined : new Date(nowMs - keptMs));
  if (engine.features.continuousAggregates) await refreshLate(client, engine);
  else await advanceRollups(client, engine.rollups, settings.timeZone, new Date(nowMs - settleMs), before(samplesMs));
  if (!engine.features.policies) {
    for (const [table, column, limit] of [
      ["samples", "time", before(samplesMs)],
      ["texts", "time", before(samplesMs)],
      ["batches", "at", before(recordingMs)],
    ] as const) {
      if (limit && engine.features.hypertables) await dropChunks(client, table, limit);
      else if (limit) await deleteSlices(client, table, column, limit);
    }
    for (const name of ["samples_1m_kept", "samples_1h_kept"]) {
      const limit = before(rollupsMs);
      if (limit) await deleteSlices(client, name, "time", limit);
    }
  }
  const limit = before(recordingMs);
  if (limit) await deleteSlices(client, "checkpoints", "at", limit);
}

async function deleteSlices(client: Client, table: string, column: string, before: Date): Promise<void> {
  for (let slice = 0; slice < slicesAtOnce; slice++) if ((await deleteBefore(client, table, column, before)) === 0) return;
}

/** What came later than the server's own refreshing looks back. */
async function refreshLate(client: Client, engine: Engine): Promise<void> {
  const { rows } = await client.query<{ id: string; from: Date; to: Date }>(
    "SELECT id, from_time AS from, to_time AS to FROM rollup_late ORDER BY from_time LIMIT 1000",
  );
  if (rows.length === 0) return;
  for (const [from, to] of merged(rows)) await refresh(client, engine.rollups, from, to);
  await client.query("DELETE FROM rollup_late WHERE id = ANY($1)", [rows.map((row) => row.id)]);
}

/** Stretches that touch become one; they come ordered by their beginning. */
export function merged(stretches: readonly { readonly from: Date; readonly to: Date }[]): [Date, Date][] {
  const out: [Date, Date][] = [];
  for (const { from, to } of stretches) {
    const last = out.at(-1);
    if (last && from.getTime() - last[1].getTime() <= 3_600_000) last[1] = new Date(Math.max(last[1].getTime(), to.getTime()));
    else out.push([from, to]);
  }
  return out;
}

/** Aggregates made over rows that were there before: everything up to now, once. */
async function fill(client: Client, engine: Engine, nowMs: number): Promise<void> {
  if (!engine.features.continuousAggregates) return;
  await refresh(client, engine.rollups, undefined, new Date(nowMs - settleMs));
}
