/** "north-field/v-101/position": lower-case words between slashes, chosen by the site file, never reused for another thing. */
export type PointId = string;
/** One link to the outside: a Modbus gateway, a broker, a BACnet network. The site file names it. */
export type AdapterId = string;
export type DeviceId = string;
export type AreaId = string;
/** A point's number in one journal, assigned once and never reused; facts carry it instead of the text. */
export type PointKey = number;

/** Integers beyond 2^53 travel as decimal strings. */
export type Value = number | boolean | string;

/** `state` is a small whole number with a name for each value. */
export type PointKind = "number" | "boolean" | "text" | "state";

export interface Area {
  readonly id: AreaId;
  readonly title?: string;
  readonly parent?: AreaId;
}

export interface Device {
  readonly id: DeviceId;
  readonly adapter: AdapterId;
  readonly protocol: string;
  readonly title?: string;
  readonly area?: AreaId;
  /** Methods only administrators may call, as the protocol says: what silences or restarts the device. */
  readonly adminMethods?: readonly string[];
}

export interface Point {
  readonly id: PointId;
  readonly device: DeviceId;
  readonly area: AreaId;
  readonly kind: PointKind;
  readonly title?: string;
  /** A UCUM code ("L/min", "Pa", "Cel"), never prose. */
  readonly unit?: string;
  /** Physical range; outside it a value is uncertain. */
  readonly range?: { readonly min: number; readonly max: number };
  readonly states?: Readonly<Record<number, string>>;
  /** Silence longer than this is stale. Absent: worked out from how the point is read. */
  readonly staleAfterMs?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly binding: PointBinding;
  /** Absent means read-only. */
  readonly control?: Control;
}

export interface PointBinding {
  readonly adapter: AdapterId;
  /** The adapter's own notation. */
  readonly address: string;
  readonly scale?: { readonly gain: number; readonly offset: number };
  readonly pollMs?: number;
}

export interface Control {
  /** `slots`: a level to hold, with sixteen priorities. `momentary`: a pulse or a velocity, nothing is held. */
  readonly mode: "slots" | "momentary";
  /** What holds when all slots are empty; "leave" writes nothing. */
  readonly default: Value | "leave";
  /** What to do when the device comes back and does not follow its slot. */
  readonly onReturn: "leave" | "reassert";
  readonly significance: "routine" | "important" | "critical";
  readonly limits?: { readonly min?: number; readonly max?: number; readonly maxStep?: number };
  readonly evidence: Evidence;
  readonly interlocks: readonly Interlock[];
  /** How long a manual override lives when nothing else is said. */
  readonly overrideTtlMs?: number;
  /** A lease must be held to command this point. */
  readonly leaseRequired?: boolean;
}

/** Which point shows the effect, how near it must come, how soon, and how long it must stay. */
export interface Evidence {
  /** Absent: the commanded point itself. */
  readonly point?: PointId;
  readonly tolerance: number;
  readonly withinMs: number;
  readonly holdMs: number;
}

export interface Interlock {
  readonly name: string;
  /** A CEL condition over points; true closes the door. */
  readonly blockedWhen: string;
  readonly because: string;
  /** An input that is bad, stale or missing blocks unless this says otherwise. */
  readonly onBad: "block" | "allow";
}

/** A valve for `valve.actuate`: which point is written, which shows the travel, and the two ends. */
export interface Valve {
  readonly id: string;
  readonly command: PointId;
  readonly position: PointId;
  readonly open: number | boolean;
  readonly closed: number | boolean;
}
