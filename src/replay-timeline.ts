import type { Fact } from "#msgs/fact.ts";
import type { Value } from "#msgs/point.ts";
import type { ReplayTimeline } from "#replay/runner.ts";
import { LimitsTap } from "#src/alarms/limits.ts";
import { samplesOf } from "#msgs/sample.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";

/** The taps of live, without anything that reaches outside: what a mission's recording is retold to. */
export function openReplay(id: string, version: string, from: number): ReplayTimeline {
  const taps = standardTaps();
  const limits = new LimitsTap(taps.plant);
  const factories = [...taps.factories, limits.factory];
  const opened = open({ id, kind: "replay", from, taps: factories }, version);
  return { opened, plant: taps.plant, taps: new Set(["plant", "staleness", "latest", "limits"]), snapshot: () => snapshotOf(opened, taps) };
}

/** The plant's description and the newest value of every point, as facts at this instant: what a screen begins with. */
function snapshotOf(opened: ReplayTimeline["opened"], { plant, latest }: ReturnType<typeof standardTaps>): Fact[] {
  if (!plant.config) return [];
  const stamp = { at: opened.timeline.clock.now(), seq: opened.seq() };
  const rows = [...latest.all()].map(({ point, value, quality, sourceTime }) => ({
    key: plant.points.get(point)!.key,
    value: value as Value | null,
    quality,
    sourceTime,
  }));
  return [
    { ...stamp, ...plant.config },
    { ...stamp, kind: "samples", samples: samplesOf(rows, { origin: "pushed", stream: "snapshot" }) },
  ];
}
