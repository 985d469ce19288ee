import type { PointId, PointKey } from "#msgs/point.ts";
import type { LatestValue, LatestValues } from "#src/contract/gateway.ts";
import { sampleJson } from "../json.ts";

export type ValueForm = "rows" | "columns";

/** The newest values of some points as the bytes of one frame; undefined when none of them was ever heard. */
export function valueFrame(
  timeline: string,
  form: ValueForm,
  points: Iterable<readonly [PointId, PointKey]>,
  latest: LatestValues,
): Buffer | undefined {
  return form === "rows" ? rows(timeline, points, latest) : columns(timeline, points, latest);
}

function rows(timeline: string, points: Iterable<readonly [PointId, PointKey]>, latest: LatestValues): Buffer | undefined {
  const samples = [];
  for (const [id] of points) {
    const value = latest.get(id);
    if (value) samples.push(sampleJson(value));
  }
  return samples.length === 0 ? undefined : Buffer.from(JSON.stringify({ type: "samples", timeline, samples }));
}

function columns(timeline: string, points: Iterable<readonly [PointId, PointKey]>, latest: LatestValues): Buffer | undefined {
  const keys: number[] = [];
  const values: LatestValue["value"][] = [];
  const qualities: number[] = [];
  const sourceTimesUs: number[] = [];
  const atUs: number[] = [];
  for (const [id, key] of points) {
    const value = latest.get(id);
    if (!value) continue;
    keys.push(key);
    values.push(value.value);
    qualities.push(value.quality);
    sourceTimesUs.push(value.sourceTime);
    atUs.push(value.at);
  }
  return keys.length === 0
    ? undefined
    : Buffer.from(JSON.stringify({ type: "columns", timeline, keys, values, qualities, sourceTimesUs, atUs }));
}

export function pointsFrame(timeline: string, points: Iterable<readonly [PointId, PointKey]>): Buffer {
  const keys: number[] = [];
  const ids: string[] = [];
  for (const [id, key] of points) {
    ids.push(id);
    keys.push(key);
  }
  return Buffer.from(JSON.stringify({ type: "points", timeline, keys, points: ids }));
}
