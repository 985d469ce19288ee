import type { OpenedJournal } from "#db/journal/open.ts";
import type { MissionBook } from "#replay/missions.ts";
import type { Site } from "#src/config/site.ts";
import type { Control } from "#src/control/open-control.ts";
import { controlServices } from "#src/control-services.ts";
import type { Host } from "#src/intake/host.ts";
import type { Live } from "#src/live.ts";
import type { LimitRule } from "#msgs/alarm.ts";
import type { Alarm, Incidents, Readiness, Services } from "#src/server/services.ts";
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
    history: {
      raw: (...asked) => storage.history().raw(...asked),
      buckets: (...asked) => storage.history().buckets(...asked),
    },
    flowMetrics: (...asked) => storage.history().flowMetrics(...asked),
    missions,
    incidents,
    ...(parts.reload && { reload: parts.reload }),
    journal: () => journal.status(),
    ready: () => readiness(host, journal),
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
