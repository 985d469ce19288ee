import type { Point, PointId, PointKey } from "#msgs/point.ts";

/** Gives each point its key: the one it ever had, or the next never used. Key 0 is left out so that it can mean none. */
export function keyedPoints(
  known: ReadonlyMap<PointId, PointKey>,
  points: readonly Point[],
): readonly (Point & { readonly key: PointKey })[] {
  let highest = 0;
  for (const key of known.values()) highest = Math.max(highest, key);
  return points.map((point) => ({ ...point, key: known.get(point.id) ?? ++highest }));
}
