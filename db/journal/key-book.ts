import type { PointId, PointKey } from "#msgs/point.ts";
import { assert } from "#src/kit/errors.ts";

type Named = { readonly id: PointId };

function hasKey<P extends Named>(point: P, key: PointKey): point is P & { readonly key: PointKey } {
  return (point as { key?: PointKey }).key === key;
}

/**
 * Which key each point has, for good: a key is given once and never to another point, also when its point is gone. Kept as one
 * place for each key and not as a map by name: names are looked up only when the plant is described, which is seldom.
 */
export class KeyBook {
  /** By key; nobody has 0, so that it can mean none. */
  readonly #ids: (PointId | undefined)[] = [undefined];

  constructor(given: ReadonlyMap<PointId, PointKey>) {
    for (const [id, key] of given) this.#ids[key] = id;
  }

  /** Each point with its key: the one it ever had, or the next never used. They count as given once `learn` hears of them. */
  keyed<P extends Named>(points: readonly P[]): readonly (P & { readonly key: PointKey })[] {
    const known = this.#byName();
    let highest = this.#ids.length - 1;
    return points.map((point) => {
      const key = known.get(point.id);
      // The name in here is from now on the very string of the description, and not a second one.
      if (key !== undefined) this.#ids[key] = point.id;
      const given = key ?? ++highest;
      return hasKey(point, given) ? point : { ...point, key: given };
    });
  }

  /** Takes over the keys of a description, and tells which are new. */
  learn(points: readonly (Named & { readonly key: PointKey })[]): (readonly [PointId, PointKey])[] {
    const fresh: (readonly [PointId, PointKey])[] = [];
    let known: Map<PointId, PointKey> | undefined;
    for (const { id, key } of points) {
      const holder = this.#ids[key];
      if (holder === id) continue;
      known ??= this.#byName();
      const earlier = known.get(id);
      const isFree = holder === undefined && earlier === undefined;
      assert(isFree, `a point keeps its key for good: ${id} has ${earlier ?? "none"}, ${key} is of ${holder ?? "nobody"}`);
      known.set(id, key);
      this.#ids[key] = id;
      fresh.push([id, key]);
    }
    return fresh;
  }

  #byName(): Map<PointId, PointKey> {
    const known = new Map<PointId, PointKey>();
    this.#ids.forEach((id, key) => id !== undefined && known.set(id, key));
    return known;
  }
}
