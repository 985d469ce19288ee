import type { Derivation, Fact } from "#msgs/fact.ts";
import type { PointId, PointKey } from "#msgs/point.ts";
import type { Samples } from "#msgs/sample.ts";
import type { LatestValues, Plant } from "#src/contract/gateway.ts";
import type { Sight } from "../auth/rights.ts";
import type { EdgeTime } from "../edge-time.ts";
import { encoded, type Encoded } from "./encoded.ts";
import { derivedFrame, frameOfFact } from "./fact-frames.ts";
import { Group, groupKey, type GroupSpec, type Reader } from "./group.ts";

/** Somebody who hears what is not a value: a session, or a reader of /events. */
export interface Listener {
  readonly sight: Sight;
  /** Steps of commands and recipes and mission changes reach everybody; links, derivations and device events only those who watch. */
  watches(timeline: string, point?: PointId): boolean;
  hear(told: Encoded): void;
}

export interface Feed {
  readonly timeline: string;
  readonly plant: Plant;
  see(fact: Fact): void;
  seeDerived(derivation: Derivation): void;
  /** Joins the group of everybody who asked for the same; the answer leaves it. */
  subscribe(spec: Omit<GroupSpec, "timeline">, reader: Reader): { readonly points: number; has(point: PointId): boolean; close(): void };
  close(): void;
}

export interface FeedParts {
  readonly timeline: string;
  readonly plant: Plant;
  readonly latest: LatestValues;
  readonly time: EdgeTime;
  readonly listeners: ReadonlySet<Listener>;
  /** Steps of commands are told by whoever knows when they are durable. */
  readonly onCommand: (fact: Extract<Fact, { kind: "command" }>) => void;
}

/** One timeline, turned into frames: values by group, everything else to each listener entitled to it. */
export function openFeed({ timeline, plant, latest, time, listeners, onCommand }: FeedParts): Feed {
  const groups = new Map<string, Group>();
  /** By point key: who wants it. Sparse, and looked at for every sample that passes. */
  let wanted: (Group[] | undefined)[] = [];

  function index(): void {
    wanted = [];
    for (const group of groups.values()) for (const key of group.points.keys()) (wanted[key] ??= []).push(group);
  }

  function mark(key: PointKey): void {
    const groupsOfKey = wanted[key];
    if (groupsOfKey) for (const group of groupsOfKey) group.mark(key);
  }

  function seeSamples({ keys, origin }: Samples): void {
    if (origin === "historical" || wanted.length === 0) return;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? 0;
      if (wanted[key] !== undefined) mark(key);
    }
  }

  function tell(told: Encoded, about: { point?: PointId | undefined; device?: string | undefined }): void {
    for (const listener of listeners) {
      if (about.point !== undefined && !listener.sight.point(about.point)) continue;
      if (about.device !== undefined && !listener.sight.device(about.device)) continue;
      if (listener.watches(timeline, about.point)) listener.hear(told);
    }
  }

  /** A link that changes state changes the quality of everything behind it. */
  function markBehind(adapter: string, device: string | undefined): void {
    for (const group of groups.values()) {
      for (const [key, id] of group.points) {
        const point = plant.points.get(id);
        if (point && (device === undefined ? point.binding.adapter === adapter : point.device === device)) group.mark(key);
      }
    }
  }

  return {
    timeline,
    plant,
    see(fact) {
      if (fact.kind === "samples") return seeSamples(fact.samples);
      if (fact.kind === "command") return onCommand(fact);
      if (fact.kind === "config") {
        for (const group of groups.values()) group.describe(plant);
        index();
      } else if (fact.kind === "link") markBehind(fact.adapter, fact.device);
      const told = frameOfFact(fact, timeline);
      if (!told) return;
      const made = encoded(told.frame, fact.seq);
      if (!told.members) return tell(made, told);
      for (const listener of listeners) if (hearsRecipe(listener, timeline, told.members)) listener.hear(made);
    },
    seeDerived(derivation) {
      const point = plant.points.get(derivation.subject);
      if (point) mark(point.key);
      tell(encoded(derivedFrame(derivation, timeline), derivation.seq), { point: point?.id });
    },
    subscribe(about, reader) {
      const spec = { ...about, timeline };
      const name = groupKey(spec);
      let group = groups.get(name);
      if (!group) {
        group = new Group(spec, latest, time);
        groups.set(name, group);
        group.describe(plant);
        index();
      }
      const joined = group;
      joined.join(reader);
      return {
        points: joined.points.size,
        has: (point) => {
          const key = plant.points.get(point)?.key;
          return key !== undefined && joined.points.has(key);
        },
        close() {
          joined.leave(reader);
          if (joined.readers > 0 || groups.get(name) !== joined) return;
          groups.delete(name);
          index();
        },
      };
    },
    close() {
      for (const group of groups.values()) group.close();
      groups.clear();
      wanted = [];
    },
  };
}

/** Like the steps of commands: live, everybody who may see one of its points, whatever they have subscribed to. */
function hearsRecipe(listener: Listener, timeline: string, points: readonly PointId[]): boolean {
  if (timeline !== "live" && !listener.watches(timeline)) return false;
  return points.length === 0 || points.some((point) => listener.sight.point(point));
}
