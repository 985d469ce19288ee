import type { AdapterId, Area, Device, DeviceId, Point, PointId, PointKey, Valve } from "./point.ts";
import type { LimitRule } from "./alarm.ts";
import type { CommandStep } from "./command.ts";
import type { Samples } from "./sample.ts";
import type { Timestamp } from "./time.ts";

/** When the gateway knew it, and its place in the one order of the journal. */
export interface Stamp {
  readonly at: Timestamp;
  readonly seq: number;
}

/** What came in from outside. Facts are recorded; everything else is worked out from them, the same way whenever it is. */
export type Fact = Stamp & FactBody;

export type FactBody =
  | { readonly kind: "samples"; readonly samples: Samples }
  | LinkFact
  | EventFact
  | { readonly kind: "command"; readonly step: CommandStep }
  | OperatorFact
  | ConfigFact
  | ClockFact
  | { readonly kind: "tick" }
  | GapFact;

export type FactKind = FactBody["kind"];
export type FactOf<K extends FactKind> = Stamp & Extract<FactBody, { kind: K }>;

export const linkStates = ["connecting", "up", "silent", "down", "stopped"] as const;
export type LinkState = (typeof linkStates)[number];

/** A link, or one device behind it, changed state. `down` makes its points bad at once, `silent` makes them uncertain. */
export interface LinkFact {
  readonly kind: "link";
  readonly adapter: AdapterId;
  readonly device?: DeviceId;
  readonly state: LinkState;
  readonly code?: string;
  readonly reason?: string;
}

/** Something a device reported that is not a sample: a BACnet event notification, a Sparkplug birth, a node restart. */
export interface EventFact {
  readonly kind: "event";
  readonly type: string;
  readonly device?: DeviceId;
  readonly point?: PointId;
  readonly sourceTime?: Timestamp;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Something a person did that is not a command: signed in, took a lease, acknowledged. */
export interface OperatorFact {
  readonly kind: "operator";
  readonly act: string;
  readonly by: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The plant description in force from here on, whole: a replay needs nothing but the record. */
export interface ConfigFact {
  readonly kind: "config";
  readonly revision: string;
  readonly timeZone: string;
  readonly areas: readonly Area[];
  readonly devices: readonly Device[];
  readonly points: readonly (Point & { readonly key: PointKey })[];
  readonly valves: readonly Valve[];
  readonly rules: readonly LimitRule[];
}

/** Timeline time went from `from` to this fact's `at` without anybody living through it; durations are moved along with it. */
export interface ClockFact {
  readonly kind: "clock";
  readonly from: Timestamp;
  readonly why: "stepped forward" | "stepped backward" | "stalled" | "started" | "trusted" | "not trusted";
  /** Wall clock minus timeline time after this fact: zero unless the wall clock went back. */
  readonly wallAheadUs: number;
  /** Whether the wall clock can be believed from here on. */
  readonly trusted: boolean;
}

/**
 * Samples that are missing, declared; with nothing lost, the stretch is whole again. Streams are named from the whole to the
 * part: `*`, adapter, adapter/device, adapter/device/point.
 */
export interface GapFact {
  readonly kind: "gap";
  readonly stream: string;
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly lost: number | "unknown";
  readonly why: string;
}

/** What a tap worked out: recorded in live so that a replay can be compared with it, never retold. */
export interface Derivation extends Stamp {
  readonly tap: string;
  /** What it is about: a point id, an alarm id. */
  readonly subject: string;
  readonly state: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}
