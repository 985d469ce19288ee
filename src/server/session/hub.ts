import type { MissionFrame } from "#src/contract/gateway.ts";
import type { Cancel } from "#src/contract/clock.ts";
import type { Derivation, Fact } from "#msgs/fact.ts";
import { formatTime } from "#msgs/time.ts";
import { LatestTap } from "#src/timeline/latest.ts";
import { PlantTap } from "#src/timeline/plant.ts";
import type { CommandLog } from "../command-log.ts";
import type { EdgeTime } from "../edge-time.ts";
import { missionJson } from "../json.ts";
import type { Services } from "../services.ts";
import { encoded, type Encoded } from "./encoded.ts";
import { commandFrame } from "./fact-frames.ts";
import { openFeed, type Feed, type Listener } from "./feed.ts";

/** All timelines that screens can watch, and everybody who listens. */
export interface Hub {
  readonly listeners: Set<Listener>;
  /** Undefined when there is no such timeline. */
  feed(timeline: string): Feed | undefined;
  close(): void;
}

/** Missions whose state is kept for screens; of more, the one heard of longest ago is forgotten. */
const missionFeedsMax = 32;
/** A mission's clock is told at most this often. */
const missionClockMs = 200;

export function openHub(services: Services, commands: CommandLog, time: EdgeTime): Hub {
  const listeners = new Set<Listener>();
  const missions = new Map<string, MissionFeed>();
  const live = openFeed({
    timeline: "live",
    plant: services.plant,
    latest: services.latest,
    time,
    listeners,
    onCommand(fact) {
      const told = commandFrame(commands.see(fact), "live", services.plant);
      const made = encoded(told.frame, fact.seq);
      for (const listener of listeners) {
        if (told.point !== undefined && !listener.sight.point(told.point)) continue;
        if (told.device === undefined || listener.sight.device(told.device)) listener.hear(made);
      }
    },
  });
  const ends: Cancel[] = [
    services.timeline.bus.follow((fact) => live.see(fact)),
    services.timeline.bus.onDerived((derivation) => live.seeDerived(derivation)),
  ];

  function missionFeed(timeline: string): MissionFeed {
    const known = missions.get(timeline);
    if (known) return known;
    const oldest = missions.keys().next().value;
    if (missions.size >= missionFeedsMax && oldest !== undefined) {
      missions.get(oldest)?.feed.close();
      missions.delete(oldest);
    }
    const made = openMissionFeed(timeline, services, listeners, time);
    missions.set(timeline, made);
    return made;
  }

  function tellMission(told: Encoded, timeline: string): void {
    for (const listener of listeners) if (listener.watches(timeline)) listener.hear(told);
  }

  if (services.missions) {
    ends.push(
      services.missions.onFrame((frame) => {
        const feed = missionFeed(frame.timeline);
        feed.take(frame);
        if (feed.clockDue()) tellMission(encoded(clockFrame(frame, services)), frame.timeline);
      }),
      services.missions.onChange((mission) => {
        const told = encoded({ type: "mission", timeline: mission.id, mission: missionJson(mission) });
        for (const listener of listeners) listener.hear(told);
      }),
    );
  }

  return {
    listeners,
    feed(timeline) {
      if (timeline === "live") return live;
      return missions.get(timeline)?.feed ?? (services.missions?.get(timeline) ? missionFeed(timeline).feed : undefined);
    },
    close() {
      for (const end of ends) end();
      live.close();
      for (const { feed } of missions.values()) feed.close();
    },
  };
}

interface MissionFeed {
  readonly feed: Feed;
  take(frame: MissionFrame): void;
  clockDue(): boolean;
}

/** A mission's facts arrive from its worker; what its points stand at is worked out here by the same taps as anywhere. */
function openMissionFeed(timeline: string, services: Services, listeners: ReadonlySet<Listener>, time: EdgeTime): MissionFeed {
  const own = new PlantTap();
  const stale = new Set<number>();
  // Until the recording has told its own description, the present one is the best there is.
  const plant = {
    get revision() {
      return own.revision;
    },
    get points() {
      return own.revision === "" ? services.plant.points : own.points;
    },
    get byKey() {
      return own.revision === "" ? services.plant.byKey : own.byKey;
    },
    get devices() {
      return own.revision === "" ? services.plant.devices : own.devices;
    },
    pointsOf: (device: string) => (own.revision === "" ? services.plant : own).pointsOf(device),
    get valves() {
      return own.revision === "" ? services.plant.valves : own.valves;
    },
  };
  const latest = new LatestTap(plant, (key) => stale.has(key));
  const feed = openFeed({ timeline, plant, latest, time, listeners, onCommand: tellStep });
  let toldAtMs = Number.NEGATIVE_INFINITY;

  function tellStep(fact: Extract<Fact, { kind: "command" }>): void {
    const told = commandFrame({ step: fact.step, at: fact.at, requestedAt: fact.at }, timeline, plant);
    const made = encoded(told.frame, fact.seq);
    for (const listener of listeners) {
      if (told.point !== undefined && !listener.sight.point(told.point)) continue;
      if (listener.watches(timeline, told.point)) listener.hear(made);
    }
  }

  function see(fact: Fact): void {
    own.see(fact);
    latest.see(fact);
    feed.see(fact);
  }

  function seeDerived(derivation: Derivation): void {
    const key = plant.points.get(derivation.subject)?.key;
    if (derivation.tap === "staleness" && key !== undefined) {
      if (derivation.state === "stale") stale.add(key);
      else stale.delete(key);
    }
    feed.seeDerived(derivation);
  }

  return {
    feed,
    take(frame) {
      for (const fact of frame.facts) see(fact);
      for (const derivation of frame.derived) seeDerived(derivation);
    },
    clockDue() {
      if (time.monotonicMs() - toldAtMs < missionClockMs) return false;
      toldAtMs = time.monotonicMs();
      return true;
    },
  };
}

function clockFrame({ timeline, now }: MissionFrame, services: Services): Encoded["frame"] {
  const mission = services.missions?.get(timeline);
  return {
    type: "timeline",
    timeline,
    now: formatTime(now),
    kind: "replay",
    state: mission?.state ?? "active",
    ...(mission && { speed: mission.speed }),
  };
}
