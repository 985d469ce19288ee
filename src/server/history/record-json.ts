import type { Fact } from "#msgs/fact.ts";
import { formatTime } from "#msgs/time.ts";
import type { LossJson, RecordJson } from "#msgs/wire/http.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { PointId } from "#msgs/point.ts";
import type { Sight } from "../auth/rights.ts";
import { withTimesAsText } from "../json.ts";
import type { LedgerRow } from "./past.ts";

/** Kinds of facts that are told as events of the past; samples, commands and gaps have routes of their own. */
export const recordKinds = ["event", "link", "operator", "config", "clock"] as const;

/** A recorded fact as people read it; undefined for what is not theirs to see or has a route of its own. */
export function recordJson(fact: Fact, sight: Sight): RecordJson | undefined {
  const about = { id: String(fact.seq), at: formatTime(fact.at), kind: fact.kind };
  switch (fact.kind) {
    case "link": {
      if (fact.device !== undefined && !sight.device(fact.device)) return undefined;
      const { adapter, device, state, code, reason } = fact;
      return { ...about, adapter, state, ...given({ device, code, reason }) };
    }
    case "event": {
      const { type, device, point, sourceTime, data } = fact;
      if ((point !== undefined && !sight.point(point)) || (device !== undefined && !sight.device(device))) return undefined;
      return {
        ...about,
        type,
        data,
        ...given({ device, point, sourceTime: sourceTime === undefined ? undefined : formatTime(sourceTime) }),
      };
    }
    case "operator":
      // Of other acts only that they were done: their data is for the audit.
      return { ...about, act: fact.act, by: fact.by, ...(/^(lease|recipe)\./.test(fact.act) && { data: withTimesAsText(fact.data) }) };
    case "config":
      return { ...about, revision: fact.revision, devices: fact.devices.length, points: fact.points.length };
    case "clock":
      return { ...about, why: fact.why, from: formatTime(fact.from), trusted: fact.trusted };
    default:
      return undefined;
  }
}

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function lossJson({ stream, from, to, lost, why, declaredAt, state, missing }: LedgerRow): LossJson {
  return {
    id: `${stream}@${formatTime(from)}/${formatTime(declaredAt)}`,
    stream,
    from: formatTime(from),
    to: formatTime(to),
    lost,
    why,
    declaredAt: formatTime(declaredAt),
    state,
    missing: missing.map((stretch) => ({ from: formatTime(stretch.from), to: formatTime(stretch.to) })),
    ...(state === "filled" && { filled: true }),
  };
}

/** A stream is everything (`*`), an adapter, or one device behind it. */
export function streamsOf(points: readonly PointId[], plant: Plant): ReadonlySet<string> {
  const streams = new Set(["*"]);
  for (const id of points) {
    const device = plant.devices.get(plant.points.get(id)?.device ?? "");
    if (!device) continue;
    streams.add(device.adapter);
    streams.add(`${device.adapter}/${device.id}`);
  }
  return streams;
}

/** Streams of what somebody may see, as a question to be asked of each. */
export function mayHearOf(sight: Sight, plant: Plant): (stream: string) => boolean {
  if (sight.key === "*") return () => true;
  const seen = new Set(["*"]);
  for (const { id, adapter } of plant.devices.values()) if (sight.device(id)) seen.add(adapter).add(`${adapter}/${id}`);
  return (stream) => seen.has(stream);
}
