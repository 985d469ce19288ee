import { join } from "node:path";
import type { OpenedJournal } from "#db/journal/open.ts";
import type { Embedded } from "#db/embedded/start.ts";
import type { OpenedStore } from "#db/store/open.ts";
import type { Site } from "#src/config/site.ts";
import type { Log } from "#src/kit/log.ts";
import { startEmbedded } from "#db/embedded/start.ts";
import { databaseSettings } from "#db/settings.ts";
import { openStore } from "#db/store/open.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";

/** The database beside the journal: its own or the site's. It may come late, or not at all; nothing else waits for it. */
export interface Storage {
  /** Throws `database-away` with the reason until there is a database to ask. */
  history(): OpenedStore;
  /** Where it is, for missions, which open their own connection. */
  url(): string | undefined;
  /** What a person should know while there is none. */
  message(): string | undefined;
  /** Resolves when there is a database, or there will be none for now. */
  readonly opened: Promise<void>;
  close(): Promise<void>;
}

export interface StorageParts {
  readonly site: Site;
  readonly journal: OpenedJournal;
  readonly log: Log;
  readonly progress: (message: string) => void;
}

export function openStorage({ site, journal, log, progress }: StorageParts): Storage {
  // Only this much of the site is held for as long as the gateway runs.
  const { databaseUrl } = site.store;
  const told = settingsOf(site);
  const folder = join(site.data.folder, "database");
  const journalFolder = join(site.data.folder, "journal");
  let embedded: Embedded | undefined;
  let store: OpenedStore | undefined;
  let url: string | undefined;
  let message: string | undefined = "the database is being opened";
  let closed = false;

  const open = async (): Promise<void> => {
    try {
      if (databaseUrl === undefined) embedded = await startEmbedded({ folder, log: log.area("database"), progress, keepRunning: true });
      if (closed) return;
      url = databaseUrl ?? embedded!.url;
      const settings = databaseSettings(url, told);
      journal.follow(settings);
      store = openStore({ url, journalFolder, log });
      message = undefined;
    } catch (error) {
      message = `there is no database: ${messageOf(error)}`;
      log.error(`${message}. Everything else works, and the journal keeps what comes in`);
    }
  };
  const opened = open();

  return {
    history() {
      if (!store) throw new GatewayError("database-away", message ?? "there is no database");
      return store;
    },
    url: () => url,
    message: () => message,
    opened,
    async close() {
      closed = true;
      await opened;
      await store?.close();
      await embedded?.stop();
    },
  };
}

function settingsOf({ timeZone, flowMetrics, store }: Site): Parameters<typeof databaseSettings>[1] {
  return {
    timeZone,
    ...(flowMetrics && {
      flowMetrics: { flowRateLpm: flowMetrics.flowRate, pressurePa: flowMetrics.pressure, temperatureC: flowMetrics.temperature },
    }),
    retention: { ...store.retention, compressAfterMs: databaseSettings("").retention.compressAfterMs },
  };
}
