import type { Found } from "#src/contract/adapter.ts";
import { equalUnits, isParameter } from "./equal-units.ts";
import type { EqualUnits, FoundPoint, FoundUnit } from "./equal-units.ts";

export interface FoundDevice {
  readonly id: string;
  readonly title?: string;
  readonly points: Record<string, unknown>[];
  readonly [option: string]: unknown;
}

export interface FoundEntry {
  readonly id: string;
  readonly protocol: string;
  readonly devices: readonly FoundDevice[];
  readonly [option: string]: unknown;
}

/** What was found, as an adapter of a site file: devices once each, equal ones as one entry, ids made fit, doubles told apart. */
export function siteEntry(id: string, protocol: string, link: Readonly<Record<string, unknown>>, found: readonly Found[]): FoundEntry {
  return { id, protocol, ...link, devices: equalUnits(unitsOf(found)).map(deviceEntry) };
}

function unitsOf(found: readonly Found[]): readonly FoundUnit[] {
  const units = new Map<string, { unit: FoundUnit; points: FoundPoint[]; ids: Set<string> }>();
  const ids = new Set<string>();
  for (const { device, point } of found) {
    let known = units.get(device.id);
    if (!known) {
      const points: FoundPoint[] = [];
      known = { unit: { ...device, id: free(fit(device.id), ids), points }, points, ids: new Set() };
      units.set(device.id, known);
    }
    if (point) known.points.push({ ...point, id: free(fit(point.id), known.ids) });
  }
  // Networks answer in any order; what is printed twice shall be the same.
  const byNumber = new Intl.Collator("en", { numeric: true });
  return [...units.values()].map(({ unit }) => unit).sort((a, b) => byNumber.compare(a.id, b.id));
}

function deviceEntry({ units, points }: EqualUnits): FoundDevice {
  const [first] = units;
  if (units.length > 1) return manyEntry(units, points);
  const { id, title, options } = first!;
  return { id, ...(title !== undefined && { title }), ...options, points: points.map(pointEntry) };
}

/** One entry that `each:` turns into all of them: what differs are its parameters. */
function manyEntry(units: readonly FoundUnit[], points: readonly FoundPoint[]): FoundDevice {
  const { title, options } = units[0]!;
  const varying = Object.entries(options).flatMap(([name, value]) =>
    isParameter(value) && units.some((unit) => unit.options[name] !== value) ? [name] : [],
  );
  const hasTitles = title !== undefined && units.every((unit) => unit.title !== undefined);
  const each = units.map((unit) => ({
    id: unit.id,
    ...(hasTitles && { title: unit.title }),
    ...Object.fromEntries(varying.map((name) => [name, unit.options[name]])),
  }));
  const placed = Object.entries(options).map(([name, value]) => [name, varying.includes(name) ? `{${name}}` : plain(value)]);
  return {
    id: "{id}",
    each,
    ...(hasTitles && { title: "{title}" }),
    ...(Object.fromEntries(placed) as Record<string, unknown>),
    points: points.map((point) => plain(pointEntry(point)) as Record<string, unknown>),
  };
}

function pointEntry({ id, address, kind, unit, title, writable, states, range }: FoundPoint): Record<string, unknown> {
  return {
    id,
    address,
    ...(kind !== "number" && { kind }),
    ...(title !== undefined && { title }),
    ...(unit !== undefined && { unit }),
    ...(range && { range }),
    // The site file names the states of a state; true and false have their names already.
    ...(states && kind === "state" && { states }),
    ...(writable && { control: {} }),
  };
}

/** Braces doubled wherever they stand: in an entry with `each:` a single one begins a placeholder. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(/[{}]/g, "$&$&");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, plain(inside)]));
}

/** Lower case words of the letters an id may have. */
function fit(name: string): string {
  const words = name.split("/").map((word) =>
    word
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/g, "-")
      .replaceAll(/^[^a-z0-9]+|-+$/g, ""),
  );
  return words.filter((word) => word !== "").join("-") || "unnamed";
}

function free(id: string, taken: Set<string>): string {
  let made = id;
  for (let n = 2; taken.has(made); n++) made = `${id}-${n}`;
  taken.add(made);
  return made;
}
