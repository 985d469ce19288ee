import type { Client } from "#msgs/client/client.ts";
import type { PointId } from "#msgs/point.ts";
import type { Sample } from "#msgs/sample.ts";
import { parseTime } from "#msgs/time.ts";
import type { MissionJson } from "#msgs/wire/values.ts";
import { openAlarms, isAlarm, type Alarms } from "./alarms.ts";
import { openCommandLog, type CommandLog } from "./command-log.ts";
import { openLinks, type Links } from "./links.ts";
import type { Plant } from "./plant.ts";
import { openTallies, type Tallies } from "./tallies.ts";
import { openTimelineClock, type TimelineClock } from "./timeline-clock.ts";
import { openValues, type Values } from "./values.ts";

/** One timeline as the screen knows it. Live always has one; a mission has one while it is shown. They share nothing. */
export interface Picture {
  readonly timeline: string;
  readonly kind: "live" | "replay";
  readonly plant: Plant;
  readonly values: Values;
  readonly tallies: Tallies;
  readonly links: Links;
  readonly alarms: Alarms;
  readonly commands: CommandLog;
  readonly clock: TimelineClock;
  /** Every sample as it comes, not only the newest per frame: for the trend. */
  onSamples(see: (samples: readonly Sample[]) => void): () => void;
  /** Shows this point at a faster rate than the rest. */
  follow(point: PointId | undefined): void;
  /** Another stretch of the record begins: nothing of what was shown is true any more. */
  clear(): void;
  close(): void;
}

export interface PictureParts {
  readonly client: Client;
  readonly plant: Plant;
  readonly timeline: string;
  readonly wallMs: () => number;
  /** Runs before the next paint. */
  readonly nextFrame: (run: () => void) => void;
}

const rateHz = 2;
const followedRateHz = 10;
/** How far a replay's clock may run on between two tellings. */
const replayAheadMs = 500;

export function openPicture({ client, plant, timeline, wallMs, nextFrame }: PictureParts): Picture {
  const kind = timeline === "live" ? "live" : "replay";
  const tallies = openTallies(plant);
  const values = openValues(
    {
      schedule: () => nextFrame(() => values.flush()),
      changed(point, before, now) {
        const device = plant.points.get(point)?.device;
        if (device !== undefined) tallies.changed(device, before, now);
      },
      cleared: () => tallies.reset(),
    },
    kind === "live" ? plant.lastGood : undefined,
  );
  const links = openLinks();
  const alarms = openAlarms();
  const commands = openCommandLog();
  const clock = openTimelineClock(wallMs, kind === "live" ? undefined : replayAheadMs);
  const listeners = new Set<(samples: readonly Sample[]) => void>();
  const watch = client.subscribe({ patterns: ["**"], timeline, maxRateHz: rateHz });
  let followed: { close(): void } | undefined;

  const stops = [
    client.on("samples", (batch) => {
      if (batch.timeline !== timeline || batch.samples.length === 0) return;
      // Until the time is told, the newest receipt is the best there is: no value is shown without an age.
      if (kind === "live" && clock.now() === undefined)
        clock.hear(
          batch.samples.reduce((newest, { at }) => Math.max(newest, at), 0),
          1,
          true,
        );
      values.take(batch.samples);
      for (const see of listeners) see(batch.samples);
    }),
    client.on("link", (frame) => {
      if (frame.timeline === timeline) links.hear(frame);
    }),
    client.on("derived", (frame) => {
      if (frame.timeline === timeline && isAlarm(frame)) alarms.hear(frame);
    }),
    client.on("command", (step) => {
      if (step.timeline === timeline) commands.hear(step);
    }),
    client.on("timeline", (frame) => {
      const now = parseTime(frame.now);
      if (frame.timeline !== timeline || now === undefined) return;
      clock.hear(now, frame.speed ?? 1, frame.state === "live" || frame.state === "active");
    }),
    client.on("mission", ({ mission }) => {
      if (mission.id === timeline) hearMission(clock, mission);
    }),
  ];

  return {
    timeline,
    kind,
    plant,
    values,
    tallies,
    links,
    alarms,
    commands,
    clock,
    onSamples(see) {
      listeners.add(see);
      return () => listeners.delete(see);
    },
    follow(point) {
      followed?.close();
      followed = point === undefined ? undefined : client.subscribe({ patterns: [point], timeline, maxRateHz: followedRateHz });
    },
    clear() {
      values.clear();
      links.clear();
      alarms.clear();
      commands.clear();
    },
    close() {
      for (const stop of stops) stop();
      followed?.close();
      watch.close();
      listeners.clear();
    },
  };
}

export function hearMission(clock: TimelineClock, { now, speed, state }: MissionJson): void {
  const at = parseTime(now);
  if (at !== undefined) clock.hear(at, speed, state === "active");
}
