import { randomUUID } from "node:crypto";
import type { GapFact } from "#msgs/fact.ts";
import type { JournalSource } from "../journal/source.ts";
import type { Place } from "../journal/segment.ts";
import { inTransaction, type Client } from "../database/connect.ts";

export const readerName = "database";

/** Where the database stands in this journal, found out anew at each connection. */
export interface Standing extends Place {
  readonly uuid: string;
}

/**
 * Reads the cursor and makes sure it speaks of this very journal. A journal the database never heard of begins an epoch; so
 * does one that was rolled back (its entry at the cursor is not the one that was read, or is not there yet): it gets another
 * name, because what it writes from now on has numbers that were used before. Both are declared.
 */
export async function findPlace(client: Client, source: JournalSource): Promise<Standing> {
  const cursor = await readCursor(client, source.uuid);
  if (!cursor) return begin(client, source.uuid, { position: 0, at: 0, seq: 0 }, await replacedGap(client, source));
  if (isSame(cursor, source)) return { ...cursor, uuid: source.uuid };
  // What is stored was received up to the cursor's time; what this journal received later cannot be stored yet.
  const shared = source.placeBefore(cursor.at);
  const uuid = randomUUID();
  const gap = {
    stream: "journal",
    from: shared.at,
    to: Math.max(cursor.at, shared.at),
    lost: "unknown" as const,
    why: `the journal was put back to an earlier state (it ends at ${source.head.position}, the database had read ${cursor.position}); between these times it does not hold what the database holds`,
  };
  const standing = await begin(client, uuid, shared, gap);
  // Only now: had the journal a new name before the database knew it, everything in it would be stored again.
  source.rename(uuid);
  return standing;
}

async function readCursor(client: Client, uuid: string): Promise<Place | undefined> {
  const { rows } = await client.query<{ position: string; at_us: string; seq: string }>(
    "SELECT position, at_us, seq FROM cursor WHERE journal_uuid = $1 AND reader = $2",
    [uuid, readerName],
  );
  const row = rows[0];
  return row && { position: Number(row.position), at: Number(row.at_us), seq: Number(row.seq) };
}

function isSame(cursor: Place, source: JournalSource): boolean {
  if (cursor.position > source.head.position) return false;
  if (cursor.position < source.tail) return true;
  const entry = source.placeAt(cursor.position);
  return entry === undefined || (entry.at === cursor.at && entry.seq === cursor.seq);
}

async function begin(client: Client, uuid: string, at: Place, gap: Omit<GapFact, "kind"> | undefined): Promise<Standing> {
  await inTransaction(client, async () => {
    await client.query("INSERT INTO cursor (journal_uuid, reader, position, at_us, seq) VALUES ($1, $2, $3, $4, $5)", [
      uuid,
      readerName,
      at.position,
      at.at,
      at.seq,
    ]);
    if (!gap) return;
    await client.query(
      `INSERT INTO gaps (at, seq, stream, from_time, to_time, lost, why)
       VALUES (${fromUs("$1")}, $2, $3, ${fromUs("$4")}, ${fromUs("$5")}, NULL, $6)`,
      [gap.to, at.seq, gap.stream, gap.from, gap.to, gap.why],
    );
  });
  return { ...at, uuid };
}

/** Other journals wrote here before: whatever they still held is not known to this one. */
async function replacedGap(client: Client, source: JournalSource): Promise<Omit<GapFact, "kind"> | undefined> {
  const { rows } = await client.query<{ at_us: string | null }>("SELECT max(at_us) AS at_us FROM cursor WHERE reader = $1", [readerName]);
  const before = Number(rows[0]?.at_us ?? 0);
  if (before === 0) return undefined;
  const first = source.placeAt(source.tail)?.at ?? before;
  return {
    stream: "journal",
    from: before,
    to: Math.max(before, first),
    lost: "unknown",
    why: "the journal was replaced by a new one; what the old one held and had not stored is lost",
  };
}

/** A timestamptz of whole microseconds, exactly. */
export function fromUs(parameter: string): string {
  return `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;
}
