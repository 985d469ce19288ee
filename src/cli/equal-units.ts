import type { Found } from "#src/contract/adapter.ts";

export type FoundPoint = NonNullable<Found["point"]>;
export type FoundUnit = Found["device"] & { readonly points: readonly FoundPoint[] };

/** Devices whose points are alike: two hundred room controllers are one entry and two hundred lines. */
export interface EqualUnits {
  readonly units: readonly FoundUnit[];
  /** The points every one of them has, ids without what tells the units apart; a title only where it is the same for all. */
  readonly points: readonly FoundPoint[];
}

/**
 * Puts units together that have the same addresses, kinds, units, limits and texts under the same names, the unit's own name
 * left out: "VAV-3-12 room temperature" and "VAV-3-13 room temperature" are one. They stand where the first of them stood.
 */
export function equalUnits(units: readonly FoundUnit[]): readonly EqualUnits[] {
  const groups = new Map<string, { units: FoundUnit[]; points: FoundPoint[] }>();
  for (const unit of units) {
    const ids = bareIds(unit);
    const points = unit.points.map((point, i) => ({ ...point, id: ids[i]! }));
    const shape = JSON.stringify([shapeOfOptions(unit.options), points.map(({ title: _, ...rest }) => rest).sort(byAddress)]);
    const group = groups.get(shape);
    if (!group) groups.set(shape, { units: [unit], points });
    else {
      group.units.push(unit);
      group.points = group.points.map((point) => sameTitle(point, points));
    }
  }
  return [...groups.values()];
}

function byAddress(a: { address: string }, b: { address: string }): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : 0;
}

/** Options that differ are parameters, so their names must be the same; what is no single value cannot be one. */
function shapeOfOptions(options: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(options).map(([name, value]) => (isParameter(value) && /^[A-Za-z_]\w*$/.test(name) ? name : [name, value]));
}

export function isParameter(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function sameTitle(point: FoundPoint, others: readonly FoundPoint[]): FoundPoint {
  const { title, ...rest } = point;
  const other = others.find(({ address }) => address === point.address);
  return title === undefined || title !== other?.title ? rest : point;
}

/** Ids without the unit's own name in front, or without a numbered name that most of its points have, as in `room-12-…`. */
function bareIds({ id, points }: FoundUnit): readonly string[] {
  const ids = points.map((point) => point.id);
  for (const prefix of [`${id}-`, numberedPrefix(ids)]) {
    if (prefix === undefined) continue;
    const bare = ids.map((one) => (one.startsWith(prefix) ? one.slice(prefix.length) : one));
    const isUsable =
      bare.some((one, i) => one !== ids[i]) && bare.every((one) => /^[a-z]/i.test(one)) && new Set(bare).size === bare.length;
    if (isUsable) return bare;
  }
  return ids;
}

/** The words up to a number that more than half of the names begin with. */
function numberedPrefix(ids: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const id of ids) {
    const prefix = /^.*?\d+-/.exec(id)?.[0];
    if (prefix !== undefined) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return [...counts].find(([, count]) => count * 2 > ids.length && count > 1)?.[0];
}
