import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ChainEntry, Checkpoint } from "./audit-chain.ts";

interface StoredEntry extends Omit<ChainEntry, "body"> {
  readonly body: string;
}

/** Lines of an export after entry `after`, and where the next page begins. The first page brings the checkpoint it starts at. */
export function auditPage(db: DatabaseSync, after: number, limit: number): { readonly lines: readonly string[]; readonly last: number } {
  const entries = db
    .prepare("SELECT seq, at, kind, by, body, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
    .all(after, limit) as unknown as StoredEntry[];
  const first = entries[0]?.seq ?? after + 1;
  const last = entries.at(-1)?.seq ?? after;
  // A page that follows another begins after that one's last checkpoint; the very first, at the anchor before its first entry.
  const from = after === 0 ? first - 1 : after + 1;
  const checkpoints = db
    .prepare("SELECT seq, hash, at, key, signature FROM checkpoint WHERE seq BETWEEN ? AND ?")
    .all(from, last) as unknown as Checkpoint[];
  const signed = new Map(checkpoints.map((checkpoint) => [checkpoint.seq, checkpoint]));
  const anchor = signed.get(first - 1);
  const lines = after === 0 && anchor ? [JSON.stringify({ checkpoint: anchor })] : [];
  for (const { seq, at, kind, by, body, hash } of entries) {
    lines.push(`{"seq":${seq},"at":${at},"kind":${JSON.stringify(kind)},"by":${JSON.stringify(by)},"body":${body},"hash":"${hash}"}`);
    const checkpoint = signed.get(seq);
    if (checkpoint) lines.push(JSON.stringify({ checkpoint }));
  }
  return { lines, last };
}

/** The whole chain of a folder, a line at a time, also while a gateway runs on it: for the command line. */
export function* exportAudit(folder: string): Generator<string> {
  const db = new DatabaseSync(join(folder, "control.db"), { readOnly: true });
  try {
    let after = 0;
    for (;;) {
      const { lines, last } = auditPage(db, after, 1_000);
      yield* lines;
      if (last === after) return;
      after = last;
    }
  } finally {
    db.close();
  }
}
