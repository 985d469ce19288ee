import type { Journal, JournalEntry } from "#src/contract/store.ts";
import type { Opened } from "#src/contract/timeline.ts";
import type { ConfigFact } from "#msgs/fact.ts";
import type { Site } from "#src/config/site.ts";
import type { PreparedControl } from "#src/control/open-control.ts";
import type { LiveSink } from "#src/intake/live-sink.ts";
import { usPerSecond } from "#msgs/time.ts";
import type { Log } from "#src/kit/log.ts";
import { LimitsTap } from "#src/alarms/limits.ts";
import { liveSink } from "#src/intake/live-sink.ts";
import { LiveDriver } from "#src/timeline/live-driver.ts";
import { SlewedTime } from "#src/timeline/live-time.ts";
import { machineClocks, machineTimers } from "#src/timeline/machine-clocks.ts";
import { open } from "#src/timeline/open.ts";
import type { StandardTaps } from "#src/timeline/standard.ts";
import { standardTaps } from "#src/timeline/standard.ts";

/** Samples that may wait for the disk before intake sheds: ten seconds at a very busy site, some 60 MB. */
const backlogAtMost = 2_000_000;
/** After a change of code there is no checkpoint to begin with: this much of the record is enough for values and alarms to stand again. */
const withoutCheckpointUs = 15 * 60 * usPerSecond;
const checkpointEveryMs = 5 * 60_000;

/** The live timeline with everything on it that decides. */
export interface Live {
  readonly opened: Opened;
  readonly control: PreparedControl;
  readonly taps: StandardTaps;
  readonly limits: LimitsTap;
  readonly time: SlewedTime;
  readonly driver: LiveDriver;
  readonly sink: LiveSink;
  /**
   * The plant as this site describes it from now on; nothing happens when it is what the record says already. What is returned is
   * the site to keep, with the points that have their keys: one description of each is enough.
   */
  describe(site: Site): Site;
  /** Stops time and leaves a last checkpoint, so that the next start has nothing to retell. */
  stop(): void;
}

export interface LiveParts {
  readonly journal: Journal;
  readonly version: string;
  readonly log: Log;
  /** The desk's own record is read before the timeline is opened, since its tap hangs on it. */
  readonly prepareControl: (seen: Pick<StandardTaps, "plant" | "latest"> & { time: SlewedTime }) => Promise<PreparedControl>;
}

/** Recovery is a replay: the newest checkpoint, the journal's tail retold with nobody listening, then time goes on. */
export async function openLive(parts: LiveParts): Promise<Live> {
  const { journal, version, log } = parts;
  const taps = standardTaps();
  const limits = new LimitsTap(taps.plant);
  const time = new SlewedTime(machineClocks, journal.head.at);
  const control = await parts.prepareControl({ plant: taps.plant, latest: taps.latest, time });
  const gate = { recording: false };
  const recorder: NonNullable<Parameters<typeof open>[0]["recorder"]> = {
    fact: (fact) => gate.recording && journal.fact(fact),
    derived: (derivation) => gate.recording && journal.derived(derivation),
  };
  const spec = { id: "live", kind: "live" as const, from: 0, recorder, taps: [...taps.factories, limits.factory, control.tap] };
  const opened = open(spec, version);
  const retold = await recover(opened, journal, version);
  if (retold > 0) log.info(`retold ${retold} facts from the journal`);
  const driver = new LiveDriver({
    opened,
    time,
    timers: machineTimers,
    afterArrivals: (run) => setImmediate(run),
    backlog: () => journal.backlog,
    backlogAtMost,
  });
  gate.recording = true;
  driver.start();
  declareAbsence(driver, journal, time.now());
  const stopCheckpoints = machineTimers.every(checkpointEveryMs, () => journal.checkpoint(opened.save()));
  return {
    opened,
    control,
    taps,
    limits,
    time,
    driver,
    sink: liveSink({ driver, journal }),
    describe: (site) => describe(site, taps, journal, driver),
    stop: () => {
      stopCheckpoints();
      driver.stop();
      journal.checkpoint(opened.save());
    },
  };
}

async function recover(opened: Opened, journal: Journal, version: string): Promise<number> {
  const retold = { facts: 0, until: opened.timeline.clock.now() };
  for await (const entries of journal.recover(version, journal.head.at - withoutCheckpointUs))
    for (const entry of entries) retell(opened, entry, retold);
  opened.advance(retold.until);
  return retold.facts;
}

/**
 * A decision that was recorded after the last fact is time that was lived through: it is lived through again, so that it is
 * not taken a second time.
 */
function retell(opened: Opened, entry: JournalEntry, retold: { facts: number; until: number }): void {
  if (entry.kind === "checkpoint" && retold.facts === 0) opened.restore(entry.checkpoint);
  if (entry.kind === "derived") retold.until = Math.max(retold.until, entry.derivation.at);
  if (entry.kind !== "fact" || entry.fact.seq <= opened.seq()) return;
  opened.retell(entry.fact);
  retold.facts++;
}

/** Nobody was looking between the last durable instant and now: that is declared, whatever the reason. */
function declareAbsence(driver: LiveDriver, journal: Journal, now: number): void {
  if (journal.head.seq === 0) return;
  const why = journal.clean ? "the gateway was stopped" : "the gateway ended without stopping";
  driver.publish({ kind: "gap", stream: "*", from: journal.head.at, to: now, lost: "unknown", why });
}

function describe(site: Site, { plant }: StandardTaps, journal: Journal, driver: LiveDriver): Site {
  const { revision, timeZone, areas, devices, valves, rules } = site;
  const points = journal.keyed(site.points);
  const config: ConfigFact = { kind: "config", revision, timeZone, areas, devices, points, valves, rules };
  if (plant.revision === revision) plant.restate(config);
  else driver.publish(config);
  return { ...site, points };
}
