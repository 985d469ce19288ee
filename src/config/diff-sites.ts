import { isDeepStrictEqual } from "node:util";
import type { DeviceId, Point, PointId } from "#msgs/point.ts";
import { asWritten } from "./assembly.ts";
import type { Site, SiteAdapter } from "./site.ts";

/** What a reload has to touch; everything that is not named here goes on undisturbed. */
export interface SiteDiff {
  readonly isEmpty: boolean;
  readonly adapters: {
    readonly added: readonly SiteAdapter[];
    readonly removed: readonly SiteAdapter[];
    /** The link itself is described differently: it has to be made anew. */
    readonly relinked: readonly SiteAdapter[];
    /** The link stays; these devices behind it differ. */
    readonly changed: readonly AdapterDiff[];
  };
  readonly devices: Changes<DeviceId>;
  readonly points: Changes<PointId>;
  /** Other sections that differ and can be taken over while running. */
  readonly sections: readonly Section[];
  /** Sections that differ and need a start: where to listen, where data lies. */
  readonly needStart: readonly Section[];
}

export interface AdapterDiff {
  readonly before: SiteAdapter;
  readonly after: SiteAdapter;
  /** Their options or the bindings behind them. */
  readonly devices: Changes<DeviceId>;
}

export interface Changes<Id> {
  readonly added: readonly Id[];
  readonly removed: readonly Id[];
  readonly changed: readonly Id[];
}

const live = ["name", "log", "commands", "areas", "valves", "rules", "recipes", "expose"] as const;
/** The database is told the time zone and the flow metrics when it is opened; sign-in reads its settings once. */
const atStart = ["server", "auth", "data", "store", "timeZone", "flowMetrics"] as const;
export type Section = (typeof live)[number] | (typeof atStart)[number];

export function diffSites(before: Site, after: Site): SiteDiff {
  const was = byId(before.adapters);
  const both = after.adapters.flatMap((adapter) => {
    const old = was.get(adapter.id);
    return old ? [{ before: old, after: adapter }] : [];
  });
  const isSameLink = (pair: (typeof both)[number]) =>
    pair.before.protocol === pair.after.protocol && isDeepStrictEqual(pair.before.config.link, pair.after.config.link);
  const changed = both
    .filter(isSameLink)
    .map((pair) => ({ ...pair, devices: changes(pair.before.config.devices, pair.after.config.devices) }))
    .filter(({ devices }) => !isUnchanged(devices));
  const adapters = {
    added: after.adapters.filter(({ id }) => !was.has(id)),
    removed: before.adapters.filter(({ id }) => !after.adapters.some((other) => other.id === id)),
    relinked: both.filter((pair) => !isSameLink(pair)).map((pair) => pair.after),
    changed,
  };
  const devices = changes(before.devices, after.devices);
  const points = changes(before.points, after.points, isSamePoint);
  const differs = (section: Section) => !isDeepStrictEqual(before[section], after[section]);
  const sections = live.filter(differs);
  const needStart = atStart.filter(differs);
  const quiet = [adapters.added, adapters.removed, adapters.relinked, changed, sections, needStart].every((list) => list.length === 0);
  return { isEmpty: quiet && isUnchanged(devices) && isUnchanged(points), adapters, devices, points, sections, needStart };
}

/** Most points of a reload are the very objects that run (assembly.ts); only the others are looked at. */
function isSamePoint(before: Point, after: Point): boolean {
  return before === after || isDeepStrictEqual(asWritten(before), asWritten(after));
}

function changes<T extends { readonly id: string }>(
  before: readonly T[],
  after: readonly T[],
  isSame: (before: T, after: T) => boolean = isDeepStrictEqual,
): Changes<string> {
  const was = byId(before);
  const is = byId(after);
  return {
    added: after.filter(({ id }) => !was.has(id)).map(({ id }) => id),
    removed: before.filter(({ id }) => !is.has(id)).map(({ id }) => id),
    changed: after.filter((item) => was.has(item.id) && !isSame(was.get(item.id)!, item)).map(({ id }) => id),
  };
}

function isUnchanged(found: Changes<unknown>): boolean {
  return found.added.length === 0 && found.removed.length === 0 && found.changed.length === 0;
}

function byId<T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}

/** What stays as it was started, whatever is reloaded: held against the file each time, a reload says each time what waits for a start. */
export function startSections(started: Site): Pick<Site, (typeof atStart)[number]> {
  return Object.fromEntries(atStart.map((section) => [section, started[section]])) as unknown as Pick<Site, (typeof atStart)[number]>;
}

/** One line a person can read, for the answer to a reload. */
export function describeDiff(diff: SiteDiff): string {
  if (diff.isEmpty) return "nothing has changed";
  const parts = [
    counted("adapter", diff.adapters.added.length, "added"),
    counted("adapter", diff.adapters.removed.length, "removed"),
    counted("adapter", diff.adapters.relinked.length, "linked anew"),
    ...(["added", "removed", "changed"] as const).flatMap((what) => [
      counted("device", what === "changed" ? devicesChanged(diff) : diff.devices[what].length, what),
      counted("point", diff.points[what].length, what),
    ]),
    diff.sections.length > 0 && `taken over: ${diff.sections.join(", ")}`,
    diff.needStart.length > 0 && `needs a restart: ${diff.needStart.join(", ")}`,
  ];
  return parts.filter((part) => part !== false).join("; ");
}

/** Described differently, or with other settings of their protocol. */
function devicesChanged({ devices, adapters }: SiteDiff): number {
  const changed = new Set(devices.changed);
  for (const { before, after, devices } of adapters.changed) {
    const was = byId(before.config.devices);
    const is = byId(after.config.devices);
    for (const id of devices.changed) if (!isDeepStrictEqual(was.get(id)!.options, is.get(id)!.options)) changed.add(id);
  }
  return changed.size;
}

function counted(noun: string, count: number, what: string): string | false {
  return count > 0 && `${count} ${noun}${count === 1 ? "" : "s"} ${what}`;
}
