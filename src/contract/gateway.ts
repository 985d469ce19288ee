import type { Derivation, Fact, LinkState } from "#msgs/fact.ts";
import type { Mission, MissionSpeed } from "#msgs/mission.ts";
import type { AdapterId, Device, DeviceId, Point, PointId, PointKey, Valve } from "#msgs/point.ts";
import type { Sample } from "#msgs/sample.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Cancel } from "./clock.ts";

/** The plant as described right now: who has which key, what every point is. Follows config facts. */
export interface Plant {
  readonly revision: string;
  readonly points: ReadonlyMap<PointId, Point & { readonly key: PointKey }>;
  /** At the place of its key; nothing where the point of that key left the site. */
  readonly byKey: readonly ((Point & { readonly key: PointKey }) | undefined)[];
  readonly devices: ReadonlyMap<DeviceId, Device>;
  /** What is measured and obeyed behind one device; nothing for a device that is not there. */
  pointsOf(device: DeviceId): readonly (Point & { readonly key: PointKey })[];
  readonly valves: ReadonlyMap<string, Valve>;
}

/** The newest value of each point with the quality it has now (link down, stale), as the taps worked it out. */
export interface LatestValues {
  get(point: PointId): LatestValue | undefined;
  all(): Iterable<LatestValue>;
}

export interface LatestValue extends Sample {
  /** The newest value that was not bad, and when it was received; what a screen shows greyed. */
  readonly lastGood?: { readonly value: NonNullable<Sample["value"]>; readonly at: Timestamp };
}

/** A link or a device behind it, with what it has done so far. */
export interface LinkStatus {
  readonly adapter: AdapterId;
  readonly device?: DeviceId;
  readonly protocol: string;
  readonly state: LinkState;
  readonly since: Timestamp;
  readonly reason?: string;
  readonly counters: LinkCounters;
  /** What the adapter itself finds worth showing. */
  readonly health?: Readonly<Record<string, unknown>>;
}

export interface LinkCounters {
  readonly points: number;
  /** Rates are of about the last ten seconds. */
  readonly pointsPerSecond: number;
  /** Reads of a group of points that were answered; how many frames that takes is the protocol's affair. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** By code of the GatewayError; `bad-config` and the like are answers in which a value was bad of that kind. */
  readonly errors: Readonly<Record<string, number>>;
  readonly connects: number;
  readonly shed: number;
  /** Round trips in ms; upper bounds and counts, Prometheus style. */
  readonly roundTrip: { readonly upperMs: readonly number[]; readonly counts: readonly number[]; readonly sumMs: number };
}

export interface Links {
  status(): readonly LinkStatus[];
  /** Every configured adapter has had its first attempt. */
  attempted(): boolean;
}

export interface NewMission {
  readonly title: string;
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly sourceIncidentId?: string;
  readonly by: string;
}

/** What a mission's worker sends on: facts and derivations of that timeline, batched, newest state last. */
export interface MissionFrame {
  readonly timeline: string;
  readonly now: Timestamp;
  readonly facts: readonly Fact[];
  readonly derived: readonly Derivation[];
}

export interface Missions {
  list(): readonly Mission[];
  get(id: string): Mission | undefined;
  create(mission: NewMission): Mission;
  start(id: string): Promise<Mission>;
  pause(id: string): Promise<Mission>;
  resume(id: string): Promise<Mission>;
  stop(id: string): Promise<Mission>;
  setSpeed(id: string, speed: MissionSpeed): Promise<Mission>;
  seek(id: string, to: Timestamp): Promise<Mission>;
  onFrame(see: (frame: MissionFrame) => void): Cancel;
  onChange(see: (mission: Mission) => void): Cancel;
  close(): Promise<void>;
}
