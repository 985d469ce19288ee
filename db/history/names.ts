import type { PointId, PointKind, Value } from "#msgs/point.ts";
import { valueOf } from "#msgs/sample.ts";
import type { Client } from "../database/connect.ts";

/** A point as the database knows it. */
export interface KnownPoint {
  readonly id: PointId;
  readonly key: number;
  readonly kind: PointKind;
}

/** Those of the points that anything was ever stored for, in the order they were asked for. */
export async function knownPoints(client: Client, ids: readonly PointId[]): Promise<readonly KnownPoint[]> {
  const { rows } = await client.query<{ id: string; key: number; kind: PointKind | null }>(
    "SELECT id, key, kind FROM points WHERE id = ANY($1)",
    [ids],
  );
  const byId = new Map(rows.map(({ id, key, kind }) => [id, { id, key, kind: kind ?? "number" } satisfies KnownPoint]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export function shownValue(kind: PointKind, value: number | null, text: string | null): Value | null {
  return valueOf(kind, value ?? Number.NaN, text ?? undefined);
}
