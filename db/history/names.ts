import type { PointId, PointKind, Value } from "#msgs/point.ts";
import { valueOf } from "#msgs/sample.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Client } from "../database/connect.ts";

/** A point as the database knows it. */
export interface KnownPoint {
  readonly id: PointId;
  readonly key: number;
  readonly kind: PointKind;
}

/** What nearly every question needs first, remembered for a few seconds: a point's key never changes, its kind seldom. */
export interface Names {
  /** Those of the points that anything was ever stored for, in the order they were asked for. */
  points(client: Client, ids: readonly PointId[]): Promise<readonly KnownPoint[]>;
  /** From when on samples themselves are kept, as the site's settings say; before that only rollups can answer. */
  samplesFrom(client: Client): Promise<Timestamp>;
  /** Whether the server is TimescaleDB. */
  hasTimescale(client: Client): Promise<boolean>;
}

const rememberedMs = 5_000;
/** Points remembered at most; then all are forgotten. */
const rememberedMax = 100_000;

export function openNames(): Names {
  const known = new Map<PointId, { readonly point: KnownPoint; readonly until: number }>();
  let timescale: boolean | undefined;
  let kept: { readonly from: Timestamp; readonly until: number } | undefined;
  return {
    async points(client, ids) {
      const now = performance.now();
      const missing = ids.filter((id) => (known.get(id)?.until ?? 0) < now);
      if (known.size > rememberedMax) known.clear();
      if (missing.length > 0) {
        const { rows } = await client.query<{ id: string; key: number; kind: PointKind | null }>(
          "SELECT id, key, kind FROM points WHERE id = ANY($1)",
          [missing],
        );
        for (const { id, key, kind } of rows) known.set(id, { point: { id, key, kind: kind ?? "number" }, until: now + rememberedMs });
      }
      return ids.flatMap((id) => known.get(id)?.point ?? []);
    },
    async samplesFrom(client) {
      const now = performance.now();
      if (!kept || kept.until < now) kept = { from: await samplesKeptFrom(client), until: now + rememberedMs };
      return kept.from;
    },
    async hasTimescale(client) {
      return (timescale ??= (await client.query("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'")).rows.length > 0);
    },
  };
}

async function samplesKeptFrom(client: Client): Promise<Timestamp> {
  const { rows } = await client.query<{ kept: string | null; now: string | null }>(
    "SELECT (SELECT value->>'samplesMs' FROM setting WHERE name = 'retention') AS kept, (SELECT max(at_us) FROM cursor) AS now",
  );
  const { kept, now } = rows[0] ?? { kept: null, now: null };
  return kept === null || now === null ? Number.NEGATIVE_INFINITY : Number(now) - Number(kept) * 1000;
}

export function shownValue(kind: PointKind, value: number | null, text: string | null): Value | null {
  return valueOf(kind, value ?? Number.NaN, text ?? undefined);
}
