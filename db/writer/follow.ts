import type { Log } from "#src/kit/log.ts";
import type { Follower, JournalSource } from "../journal/source.ts";
import type { DatabaseSettings } from "../settings.ts";

/** Stores what the journal holds in the database, for as long as the journal is open. */
export function followJournal(source: JournalSource, _settings: DatabaseSettings, _log: Log): Follower {
  source.report({ name: "database", state: "waiting", behindEntries: source.head.position });
  return { close: () => Promise.resolve() };
}
