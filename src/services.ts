import type { OpenedJournal } from "#db/journal/open.ts";
import type { OpenedStore } from "#db/store/open.ts";
import type { MissionBook } from "#replay/missions.ts";
import type { Site } from "#src/config/site.ts";
import type { Control } from "#src/control/open-control.ts";
import { controlServices } from "#src/control-services.ts";
import type { Host } from "#src/intake/host.ts";
import type { Live } from "#src/live.ts";
import type { LimitRule } from "#msgs/alarm.ts";
import type { Alarm, Incidents, Readiness, Services } from "#src/server/services.ts";
import type { Past } from "#src/server/history/past.ts";
import type { Storage } from "#src/storage.ts";

export interface ServicesParts {
  /** As it is now: reloading replaces it. */
  readonly site: () => Site;
  readonly version: string;
  readonly live: Live;
  readonly host: Host;
  readonly control: Control;
  readonly journal: OpenedJournal;
  readonly storage: Storage;
  readonly missions: MissionBook;
  readonly incidents: Incidents;
  readonly reload?: NonNullable<Services["reload"]>;
}

/** What the server is handed: every part of the gateway behind the interface it knows. */
export function servicesOf(parts: ServicesParts): Services {
  const { version, live, host, control, journal, storage, missions, incidents } = parts;
  const { plant, latest } = live.taps;
  return {
    site: siteInfo(parts.site, version),
    timeline: live.opened.timeline,
    trusted: () => live.time.trusted(),
    plant,
    areas: () => plant.config?.areas ?? [],
    latest,
    links: host,
    ...controlServices(control, () => parts.site().recipes),
    alarms: () => live.limits.active().map(({ rule, since }) => shown(rule, since)),
    history: pastOf(storage),
    flowMetrics: (...asked) => storage.history().flowMetrics(...asked),
    missions,
    incidents,
    ...(parts.reload && { reload: parts.reload }),
    journal: () => journal.status(),
    ready: () => readiness(host, journal),
    database: () => databaseState(storage, journal),
  };
}

/** The database may come late: it is looked for at each question. */
function pastOf(storage: Storage): Past {
  const asks = <Asked extends unknown[], Answer>(ask: (past: OpenedStore, ...asked: Asked) => Promise<Answer>) => {
    return async (...asked: Asked): Promise<Answer> => ask(storage.history(), ...asked);
  };
  return {
    raw: (...asked) => storage.history().raw(...asked),
    buckets: (...asked) => storage.history().buckets(...asked),
    bestFit: (...asked) => storage.history().bestFit(...asked),
    timeWeighted: asks((past, ...asked: Parameters<OpenedStore["timeWeighted"]>) => past.timeWeighted(...asked)),
    atTimes: asks((past, ...asked: Parameters<OpenedStore["atTimes"]>) => past.atTimes(...asked)),
    ledger: asks((past, ...asked: Parameters<OpenedStore["ledger"]>) => past.ledger(...asked)),
    events: asks((past, ...asked: Parameters<OpenedStore["events"]>) => past.events(...asked)),
  };
}

function siteInfo(site: () => Site, version: string): Services["site"] {
  return {
    version,
    get name() {
      return site().name;
    },
    get timeZone() {
      return site().timeZone;
    },
  };
}

/** Where it stands as the journal's reader sees it; while it is not open, why not. */
function databaseState(storage: Storage, journal: OpenedJournal): ReturnType<NonNullable<Services["database"]>> {
  const reader = journal.status().readers.find(({ name }) => name === "database");
  const message = storage.message() ?? reader?.message;
  const state = storage.message() === undefined ? (reader?.state ?? "waiting") : "away";
  return { state, ...(reader?.engine !== undefined && { engine: reader.engine }), ...(message !== undefined && { message }) };
}

/** Ready: configured adapters have had their first attempt and writes are taken. The database is no part of it. */
function readiness(host: Host, journal: OpenedJournal): Readiness {
  const waitingFor: string[] = [];
  if (!host.attempted()) waitingFor.push("the first attempt of every adapter");
  const { state, message } = journal.status();
  if (state !== "writing") waitingFor.push(`the journal: ${message ?? state}`);
  return { ready: waitingFor.length === 0, waitingFor };
}

/** A plain limit has one state worth showing: its condition stands. The alarms room will give it a life. */
function shown({ id, point, priority, message }: LimitRule, since: number): Alarm {
  return { id, point, state: "active", priority, message, since };
}
