import { join } from "node:path";
import type { Site } from "#src/config/site.ts";
import type { Server } from "#src/server/services.ts";
import type { Log } from "#src/kit/log.ts";
import type { Storage } from "#src/storage.ts";
import { openJournal, type OpenedJournal } from "#db/journal/open.ts";
import { MissionBook } from "#replay/missions.ts";
import type { ControlConfig } from "#src/control/control-config.ts";
import { prepareControl } from "#src/control/open-control.ts";
import { Host } from "#src/intake/host.ts";
import { openIncidents } from "#src/incidents.ts";
import { Closers } from "#src/kit/closers.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { makeFolder } from "#src/kit/make-folder.ts";
import { seededRandom } from "#src/kit/random.ts";
import { Exposers } from "#src/exposers.ts";
import { codeVersion } from "#src/code-version.ts";
import { openLive, type Live } from "#src/live.ts";
import { missionThreads } from "#src/mission-threads.ts";
import { openAuthStore } from "#src/server/auth/sqlite-store.ts";
import { openServer, tryToListen } from "#src/server/open-server.ts";
import { servicesOf } from "#src/services.ts";
import type { Reloaded } from "#src/reload.ts";
import { openStorage } from "#src/storage.ts";
import { machineClocks, machineTimers } from "#src/timeline/machine-clocks.ts";

export interface GatewayOptions {
  readonly version: string;
  readonly log: Log;
  /** For a person who waits: what is being done. */
  readonly progress: (message: string) => void;
  readonly dashboardFolder?: string;
  readonly showFirstToken?: (token: string) => void;
  /** Reads the site file again and applies it, for whoever asks over the wire. */
  readonly reload?: (by: string) => Promise<Reloaded>;
}

/** A gateway that serves. */
export interface Gateway {
  readonly url: string;
  readonly storage: Storage;
  /** As it was described last, and no second description of it in memory. */
  readonly site: Site;
  /** Takes over what changed in the site file; what did not change is not touched. */
  apply(site: Site, about: { readonly by: string; readonly changed: string }): Promise<void>;
  close(): Promise<void>;
}

/** After the database has been opened, which is the last. */
const settledAfterMs = 2_000;

/** Opens everything in order; what was opened is closed again, in the opposite order, when something cannot be. */
export async function openGateway(site: Site, options: GatewayOptions): Promise<Gateway> {
  const closers = new Closers(options.log);
  try {
    return await compose(site, options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function compose(site: Site, options: GatewayOptions, closers: Closers): Promise<Gateway> {
  const { log, version, progress } = options;
  const decidedBy = codeVersion(version);
  const folder = dataFolder(site);
  const journalFolder = join(folder, "journal");
  // The database goes last, after the journal has stopped writing to it, although it is opened later.
  const database = new Closers(log);
  closers.add("database", () => database.close());
  await tryToListen(site.server);
  progress("opening the journal");
  const journal = await openJournal({ folder: journalFolder, ...site.store.journal, log: log.area("journal") });
  closers.add("journal", () => journal.close());
  const live = await openLiveOn(journal, site, folder, decidedBy, log);
  closers.add("timeline", () => live.stop());
  let current = live.describe(site);

  const storage = openStorage({ site, journal, log, progress });
  const tidyUp = storage.opened.then(
    () => machineTimers.after(settledAfterMs, collectGarbage),
    () => () => undefined,
  );
  database.add("database", () => storage.close());
  closers.add("memory", () => void tidyUp.then((cancel) => cancel()));

  const host = hostOn(live, log);
  closers.add("links", () => host.stop());
  const desk = await live.control.start({ into: live.driver, devices: host });
  closers.add("control", () => desk.close());
  await host.apply(site.adapters);
  const exposers = new Exposers({ live, desk: desk.desk, log: log.area("expose") });
  closers.add("server sides", () => exposers.close());
  await exposers.apply(site.expose);

  const missions = new MissionBook(missionThreads({ version: decidedBy, journalFolder, url: storage.url }));
  closers.add("missions", () => missions.close());
  const incidents = openIncidents(join(folder, "incidents.jsonl"), log);
  const server = await serve({
    site,
    options,
    folder,
    closers,
    services: servicesOf({
      site: () => current,
      version,
      live,
      host,
      control: desk,
      journal,
      storage,
      missions,
      incidents,
      ...(options.reload && { reload: options.reload }),
    }),
  });
  return {
    url: server.url,
    storage,
    get site() {
      return current;
    },
    async apply(next, { by, changed }) {
      current = live.describe(next);
      desk.configure(controlConfig(next));
      await host.apply(next.adapters);
      await exposers.apply(next.expose);
      void desk.audit.record("site-reloaded", by, { changed, revision: next.revision });
    },
    close: () => closers.close(),
  };
}

/** The live timeline as the record left it. */
function openLiveOn(journal: OpenedJournal, site: Site, folder: string, version: string, log: Log): Promise<Live> {
  const config = controlConfig(site);
  return openLive({
    journal,
    version,
    log: log.area("timeline"),
    prepareControl: ({ plant, latest, time }) =>
      prepareControl({ folder, config, plant, latest, time, timers: machineTimers, log: log.area("control") }),
  });
}

function hostOn({ taps, sink, time }: Live, log: Log): Host {
  const random = seededRandom(machineClocks.wallUs());
  return new Host({ plant: taps.plant, resume: taps.resume, sink, time, timers: machineTimers, random, log: log.area("links") });
}

async function serve(parts: {
  site: Site;
  options: GatewayOptions;
  folder: string;
  closers: Closers;
  services: ReturnType<typeof servicesOf>;
}): Promise<Server> {
  const { site, options, folder, closers, services } = parts;
  const { dashboardFolder, showFirstToken, log } = options;
  const authStore = openAuthStore(join(folder, "auth.db"));
  closers.add("accounts", () => authStore.close());
  const server = await openServer(
    services,
    {
      server: site.server,
      auth: site.auth,
      authStore,
      ...(dashboardFolder !== undefined && { dashboardFolder }),
      ...(showFirstToken && { showFirstToken }),
    },
    log.area("server"),
  );
  closers.add("server", () => server.close());
  return server;
}

function controlConfig(site: Site): Partial<ControlConfig> {
  const parents = new Map(site.areas.map(({ id, parent }) => [id, parent]));
  const { defaultTtlMs, ...commands } = site.commands;
  return { ...commands, overrideTtlMs: defaultTtlMs, parentOf: (area) => parents.get(area) };
}

function dataFolder(site: Site): string {
  try {
    makeFolder(site.data.folder);
  } catch (error) {
    throw new GatewayError("no-permission", `the data folder ${site.data.folder} cannot be made: ${messageOf(error)}; set data.folder`, {
      cause: error,
    });
  }
  return site.data.folder;
}

/**
 * What was only needed to come up goes, once: a fifth of a second at a hundred thousand points, hardly anything at a thousand. From then on
 * the heap grows by a share of what is alive, and not of what the start had left lying about.
 */
function collectGarbage(): void {
  globalThis.gc?.({ type: "major", flavor: "last-resort", execution: "sync" });
}
