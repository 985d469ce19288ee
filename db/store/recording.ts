import { zstdDecompressSync } from "node:zlib";
import type { ConfigFact, Fact } from "#msgs/fact.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { JournalEntry } from "#src/contract/store.ts";
import type { Checkpoint } from "#src/contract/timeline.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { decodeEntry } from "../codec/entry.ts";
import { decodeExact } from "../codec/exact.ts";
import { isIntact, openParcel } from "../codec/parcel.ts";
import type { Client } from "../database/connect.ts";
import type { Pool } from "../database/pool.ts";
import type { Place } from "../journal/segment.ts";
import { fromUs } from "../writer/place.ts";
import { batchSpanUs } from "../writer/rows.ts";

/** The recording as the database holds it. */
export interface Recording {
  /** Up to and with `last`, which was the newest when it was asked for: what came meanwhile is told by the journal. */
  scan(from: Timestamp, to: Timestamp, last: Place): AsyncGenerator<readonly JournalEntry[]>;
  /** The newest entry there is, and which journal it came from. */
  last(): Promise<Place | undefined>;
  first(): Promise<Timestamp | undefined>;
  checkpointBefore(at: Timestamp, version: string): Promise<Checkpoint | undefined>;
  configBefore(at: Timestamp): Promise<Fact | undefined>;
}

/** Rows of up to half a megabyte each, so many in one answer. */
const rowsAtOnce = 8;
const us = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint`;

export function recordingIn(pool: Pool): Recording {
  return {
    scan: (from, to, last) => pool.stream((client) => scan(client, { from, to, last })),
    last: () =>
      pool.use(async (client) => {
        const { rows } = await client.query(
          `SELECT last_position AS position, ${us("last_at")} AS at, last_seq AS seq FROM batches ORDER BY at DESC, seq DESC LIMIT 1`,
        );
        const row = rows[0] as { position: string; at: string; seq: string } | undefined;
        return row && { position: Number(row.position), at: Number(row.at), seq: Number(row.seq) };
      }),
    first: () =>
      pool.use(async (client) => {
        const { rows } = await client.query<{ at: string }>(`SELECT ${us("at")} AS at FROM batches ORDER BY at, seq LIMIT 1`);
        return rows[0] && Number(rows[0].at);
      }),
    checkpointBefore: (at, version) =>
      pool.use(async (client) => {
        const { rows } = await client.query<{ body: Buffer }>(
          `SELECT body FROM checkpoints WHERE at <= ${fromUs("$1")} AND version = $2 ORDER BY at DESC, seq DESC LIMIT 1`,
          [at, version],
        );
        return rows[0] && (decodeExact(zstdDecompressSync(rows[0].body)) as Checkpoint);
      }),
    configBefore: (at) => pool.use((client) => configBefore(client, at)),
  };
}

async function configBefore(client: Client, at: Timestamp): Promise<Fact | undefined> {
  const { rows } = await client.query<{ at: string; seq: string; data: Omit<ConfigFact, "kind"> }>(
    `SELECT ${us("at")} AS at, seq, data FROM facts WHERE kind = 'config' AND at <= ${fromUs("$1")} ORDER BY at DESC, seq DESC LIMIT 1`,
    [at],
  );
  const row = rows[0];
  return row && { ...row.data, kind: "config", at: Number(row.at), seq: Number(row.seq) };
}

interface Stretch {
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly last: Place;
}

/** Asks for the next rows while the last ones are being worked on. */
async function* scan(client: Client, stretch: Stretch): AsyncGenerator<readonly JournalEntry[]> {
  let ahead: Promise<Page> | undefined = page(client, { at: stretch.from - batchSpanUs * 2, seq: -1 }, stretch);
  // A rejection is met when its turn comes, also when nobody waits for it any more.
  ahead.catch(() => undefined);
  while (ahead) {
    const { bodies, next }: Page = await ahead;
    ahead = next && page(client, next, stretch);
    ahead?.catch(() => undefined);
    for (const body of bodies) {
      const entries = entriesOf(body, stretch.from, stretch.to);
      if (entries.length > 0) yield entries;
    }
  }
}

interface Page {
  readonly bodies: readonly Buffer[];
  readonly next: { at: Timestamp; seq: number } | undefined;
}

async function page(client: Client, after: { at: Timestamp; seq: number }, { from, to, last }: Stretch): Promise<Page> {
  const { rows } = await client.query<{ body: Buffer; at: string; seq: string }>(
    `SELECT body, ${us("at")} AS at, seq FROM batches
     WHERE (at, seq) > (${fromUs("$1")}, $2::bigint) AND at < ${fromUs("$4")} AND last_at >= ${fromUs("$3")}
       AND (last_at, last_seq) <= (${fromUs("$5")}, $6::bigint)
     ORDER BY at, seq LIMIT ${rowsAtOnce}`,
    [after.at, after.seq, from, to, last.at, last.seq],
  );
  const end = rows.length === rowsAtOnce ? rows.at(-1) : undefined;
  return { bodies: rows.map((row) => row.body), next: end && { at: Number(end.at), seq: Number(end.seq) } };
}

function entriesOf(body: Buffer, from: Timestamp, to: Timestamp): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const entry of openParcel(zstdDecompressSync(body))) {
    if (entry.at < from || entry.at >= to) continue;
    if (!isIntact(entry)) throw new GatewayError("damaged", `entry ${entry.seq} of the recording does not match its checksum`);
    entries.push(decodeEntry(entry));
  }
  return entries;
}
