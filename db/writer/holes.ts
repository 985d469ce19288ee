import type { GapFact } from "#msgs/fact.ts";
import type { JournalSource } from "../journal/source.ts";
import type { Place, PlacedEntry } from "../journal/segment.ts";
import { readerName } from "./place.ts";

/** What the journal no longer had when the database came to read it: every hole in the positions, declared with its times. */
export function missingBefore(
  source: Pick<JournalSource, "missing">,
  from: Place,
  entries: readonly PlacedEntry[],
): Omit<GapFact, "kind">[] {
  const gaps: Omit<GapFact, "kind">[] = [];
  let last = from;
  for (const entry of entries) {
    if (entry.position > last.position + 1) gaps.push(hole(source, last, entry));
    last = entry;
  }
  return gaps;
}

function hole(source: Pick<JournalSource, "missing">, before: Place, after: Place): Omit<GapFact, "kind"> {
  const drops = source.missing(before.position + 1, after.position - 1);
  const whole = drops.every((drop) => drop.firstPosition > before.position && drop.lastPosition < after.position);
  const covered = drops.reduce((sum, drop) => sum + drop.lastPosition - drop.firstPosition + 1, 0) === after.position - before.position - 1;
  const counted = whole && covered && drops.every((drop) => drop.samples !== "unknown");
  const reasons = [...new Set(drops.map((drop) => drop.why))];
  return {
    stream: "journal",
    // An empty database has no "before": the oldest that is known to be gone stands for it.
    from: before.at > 0 ? before.at : (drops[0]?.from ?? after.at),
    to: after.at,
    lost: counted ? drops.reduce((sum, drop) => sum + (drop.samples as number), 0) : "unknown",
    why: `${reasons.join("; ") || "entries of the journal did not match their checksum"} (reader "${readerName}")`,
  };
}
