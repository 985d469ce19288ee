import type { PointId, PointKey } from "#msgs/point.ts";
import type { Client } from "../database/connect.ts";
import { jsonOf } from "../codec/exact.ts";
import type { PlacedEntry } from "../journal/segment.ts";
import { KeyColumn } from "../key-column.ts";
import { fromUs } from "./place.ts";
import { unknownKey } from "./rows.ts";

/** Rows of one answer when they are learned. */
const keysAtOnce = 10_000;

/**
 * Which of this database's keys stands for which key of the journal. Learned from the database, added to inside the
 * transaction that first uses a key, and kept only when that transaction committed: a key met in a lost one is met again.
 */
export class PointKeys {
  #known = new KeyColumn();
  /** Added by the open transaction. */
  #fresh = new Map<PointKey, number>();

  async load(client: Client, uuid: string): Promise<void> {
    this.#known = new KeyColumn();
    this.#fresh.clear();
    for (let after = -1, found = keysAtOnce; found === keysAtOnce;) {
      const { rows } = await client.query<{ journal_key: string; key: number }>(
        `SELECT journal_key, key FROM point_keys WHERE journal_uuid = $1 AND journal_key > $2 ORDER BY journal_key LIMIT ${keysAtOnce}`,
        [uuid, after],
      );
      for (const row of rows) this.#known.set(Number(row.journal_key), row.key);
      after = Number(rows.at(-1)?.journal_key);
      found = rows.length;
    }
  }

  keyOf(journalKey: PointKey): number {
    const key = this.#known.get(journalKey) || this.#fresh.get(journalKey);
    if (key === undefined) throw unknownKey(journalKey);
    return key;
  }

  has(journalKey: PointKey): boolean {
    return this.#known.get(journalKey) !== 0 || this.#fresh.has(journalKey);
  }

  /** Registers keys that are used for the first time, in the open transaction. */
  async add(client: Client, uuid: string, used: ReadonlyMap<PointKey, PointId>): Promise<void> {
    if (used.size === 0) return;
    const ids = [...used.values()];
    await client.query("INSERT INTO points (id) SELECT unnest($1::text[]) ON CONFLICT (id) DO NOTHING", [ids]);
    const { rows } = await client.query<{ journal_key: string; key: number }>(
      `INSERT INTO point_keys (journal_uuid, journal_key, key)
       SELECT $1, given.journal_key, p.key FROM unnest($2::bigint[], $3::text[]) AS given (journal_key, id) JOIN points p ON p.id = given.id
       ON CONFLICT (journal_uuid, journal_key) DO UPDATE SET key = point_keys.key RETURNING journal_key, key`,
      [uuid, [...used.keys()], ids],
    );
    for (const row of rows) this.#fresh.set(Number(row.journal_key), row.key);
  }

  committed(): void {
    for (const [journalKey, key] of this.#fresh) this.#known.set(journalKey, key);
    this.#fresh.clear();
  }

  rolledBack(): void {
    this.#fresh.clear();
  }
}

/**
 * Records what the site file says about its points from here on. Those it no longer names stay, no longer active, with their
 * history. The server takes the description apart: here it would become a hundred thousand objects at once, and two texts of them.
 */
export async function describePoints(client: Client, plant: PlacedEntry): Promise<void> {
  const { rows } = await client.query<{ revision: string }>(
    `WITH plant AS MATERIALIZED (SELECT $1::jsonb AS told), described AS (
       INSERT INTO points (id, kind, unit, title, device, area, tags, description, active, revision)
       SELECT d->>'id', d->>'kind', d->>'unit', d->>'title', d->>'device', d->>'area', d->'tags', d, true, told->>'revision'
       FROM plant, jsonb_array_elements(told->'points') d
       ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, unit = excluded.unit, title = excluded.title, device = excluded.device,
         area = excluded.area, tags = excluded.tags, description = excluded.description, active = true, revision = excluded.revision
     )
     INSERT INTO facts (at, seq, kind, type, data)
     SELECT ${fromUs("$2")}, $3::bigint, 'config', told->>'revision', told - 'kind' FROM plant RETURNING type AS revision`,
    [jsonb(plant.body), plant.at, plant.seq],
  );
  await client.query("UPDATE points SET active = false WHERE active AND revision IS DISTINCT FROM $1", [rows[0]!.revision]);
}

/** In PostgreSQL's binary form: the text after a version byte. */
function jsonb(body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(1), jsonOf(body)]);
}
