import { join } from "node:path";
import type { OpenedJournal } from "#db/journal/open.ts";
import type { Embedded } from "#db/embedded/start.ts";
import type { OpenedStore } from "#db/store/open.ts";
import type { Site } from "#src/config/site.ts";
import type { Cancel, Timers } from "#src/contract/clock.ts";
import type { Log } from "#src/kit/log.ts";
import { startEmbedded } from "#db/embedded/start.ts";
import { databaseSettings } from "#db/settings.ts";
import { openStore } from "#db/store/open.ts";
import { backOff } from "#src/kit/back-off.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { machineTimers } from "#src/timeline/machine-clocks.ts";

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
  readonly timers?: Timers;
  /** What starts the embedded server. */
  readonly start?: typeof startEmbedded;
}

/** Before the first and the last repetition when the embedded server could not be started for a reason that may pass, such as a full disk. */
const againAfterMs = { firstMs: 5_000, ceilingMs: 120_000 };

export function openStorage(parts: StorageParts): Storage {
  const { site, journal, log, progress, timers = machineTimers, start = startEmbedded } = parts;
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
  let isToldAway = false;
  const waits = backOff({ ...againAfterMs, random: () => 1 });
  let cancel: Cancel = () => undefined;

  const open = async (): Promise<void> => {
    try {
      if (databaseUrl === undefined) embedded = await start({ folder, log: log.area("database"), progress, keepRunning: true });
      if (closed) return;
      url = databaseUrl ?? embedded!.url;
      const settings = databaseSettings(url, told);
      journal.follow(settings);
      store = openStore({ url, journalFolder, log });
      message = undefined;
      if (isToldAway) log.info("there is a database now");
    } catch (error) {
      message = `there is no database: ${messageOf(error)}`;
      const canPass = error instanceof GatewayError && error.canRetry;
      const next = canPass ? "It is tried again" : "It is not tried again before the next start";
      // The first refusal is news; the next ones say the same.
      if (isToldAway) log.debug(message);
      else log.error(`${message}. Everything else works, and the journal keeps what comes in. ${next}`);
      isToldAway = true;
      if (canPass && !closed) cancel = timers.after(waits.next(), () => (attempt = open()));
    }
  };
  let attempt = open();
  const opened = attempt;

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
      cancel();
      await attempt;
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
