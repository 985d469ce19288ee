import type { Fact } from "#msgs/fact.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { FactStore, JournalEntry } from "#src/contract/store.ts";
import type { Checkpoint } from "#src/contract/timeline.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type { Log } from "#src/kit/log.ts";
import { entryKind } from "../codec/entry.ts";
import { openPool, type Pool } from "../database/pool.ts";
import { openHistory, type HistoryStore } from "../history/open.ts";
import type { Place } from "../journal/segment.ts";
import { readJournal, type JournalReader } from "./journal-reader.ts";
import { recordingIn, type Recording } from "./recording.ts";

/** The past, as replay and as people ask for it. */
export interface OpenedStore extends FactStore, HistoryStore {}

export interface StoreOptions {
  /** Absent: there is no database, and the past is what the journal still holds. */
  readonly url?: string;
  /** Where the journal lies, for what the database does not hold yet. */
  readonly journalFolder?: string;
  readonly log: Log;
  readonly connections?: number;
}

const statementTimeoutMs = 60_000;

/** Connects when it is asked something; a database that is away makes questions fail, never the opening. */
export function openStore(options: StoreOptions): OpenedStore {
  const { url, journalFolder, log, connections = 4 } = options;
  const pool = url === undefined ? noPool : openPool(url, { name: "history", connections, statementTimeoutMs });
  const journal = journalFolder === undefined ? undefined : readJournal(journalFolder);
  return {
    ...openHistory(pool),
    ...factStore(url === undefined ? undefined : recordingIn(pool), journal, log),
    close: () => pool.close(),
  };
}

const noPool: Pool = {
  use: () => Promise.reject(new GatewayError("database-away", "there is no database to ask")),

  async *stream() {
    throw new GatewayError("database-away", "there is no database to ask");
  },
  close: () => Promise.resolve(),
};

/** The journal answers alone where it holds the whole stretch; otherwise the database first, and the journal what comes after. */
function factStore(recording: Recording | undefined, journal: JournalReader | undefined, log: Log): Omit<FactStore, "close"> {
  /** Undefined while the database is away and the journal can answer instead. */
  const orJournal = async <T>(ask: (recording: Recording) => Promise<T>): Promise<T | undefined> => {
    if (!recording) return undefined;
    try {
      return await ask(recording);
    } catch (error) {
      if (!journal) throw error;
      log.warn(`only the journal's part of the recording can be read: ${messageOf(error)}`);
      return undefined;
    }
  };
  return {
    async *scan(from, to) {
      const extent = journal?.extent();
      if (journal && extent && extent.first.at <= from && journal.isWhole()) return yield* journal.scan(from, to);
      const last = await orJournal((database) => database.last());
      if (recording && last) yield* recording.scan(from, to, last);
      if (journal) yield* afterwards(journal, from, to, last);
    },
    async checkpointBefore(at, version) {
      const found = journal?.landmark(entryKind.checkpoint, at, version);
      if (found?.kind === "checkpoint") return found.checkpoint;
      return orJournal<Checkpoint | undefined>((database) => database.checkpointBefore(at, version));
    },
    async configBefore(at) {
      const found = journal?.landmark(entryKind.config, at);
      if (found?.kind === "fact") return found.fact;
      return orJournal<Fact | undefined>((database) => database.configBefore(at));
    },
    async extent() {
      const here = journal?.extent();
      const first = await orJournal((database) => database.first());
      const last = await orJournal((database) => database.last());
      const from = Math.min(first ?? Number.POSITIVE_INFINITY, here?.first.at ?? Number.POSITIVE_INFINITY);
      const to = Math.max(last?.at ?? Number.NEGATIVE_INFINITY, here?.last.at ?? Number.NEGATIVE_INFINITY);
      return Number.isFinite(from) && Number.isFinite(to) ? { from, to } : undefined;
    },
  };
}

/** What the journal holds beyond the database's newest entry: by its place when it is the same entry, else by its stamp. */
function* afterwards(journal: JournalReader, from: Timestamp, to: Timestamp, last: Place | undefined): Generator<readonly JournalEntry[]> {
  if (!last || journal.has(last)) return yield* journal.scan(from, to, last);
  for (const page of journal.scan(Math.max(from, last.at), to)) {
    const later = page.filter((entry) => isAfter(entry, last));
    if (later.length > 0) yield later;
  }
}

function isAfter(entry: JournalEntry, last: Place): boolean {
  const { at, seq } = entry.kind === "fact" ? entry.fact : entry.kind === "derived" ? entry.derivation : entry.checkpoint;
  return at > last.at || (at === last.at && seq > last.seq);
}
