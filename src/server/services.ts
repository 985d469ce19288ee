import type { Command, CommandAct, CommandStep } from "#msgs/command.ts";
import type { Area, PointId, Value } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { WriteFrame } from "#msgs/wire/client-frames.ts";
import type { Desk, Principal, Role } from "#src/contract/control.ts";
import type { LatestValues, Links, Missions, Plant } from "#src/contract/gateway.ts";
import type { JournalStatus } from "#src/contract/store.ts";
import type { Timeline } from "#src/contract/timeline.ts";
import type { SiteAuth, SiteServer } from "#src/config/site.ts";
import type { AuthStore } from "./auth/store.ts";
import type { Past } from "./history/past.ts";
import type { Limits } from "./session/limits.ts";

/**
 * Everything the server shows or passes on, as a plain object of interfaces that the root fills in. What is optional and
 * absent is answered with `not-available` (501), never with something made up.
 */
export interface Services {
  readonly site: SiteInfo;
  /** The live timeline: its clock and its bus. */
  readonly timeline: Timeline;
  /** False while the wall clock cannot be believed. */
  readonly trusted?: () => boolean;
  readonly plant: Plant;
  readonly areas: () => readonly Area[];
  readonly latest: LatestValues;
  readonly links: Links;
  /** The one door for every write. */
  readonly desk: Desk;
  /** Which act moves this valve there; without a position, to the other end. Refused while the position is bad or the valve travels. */
  readonly resolveValve: ResolveValve;
  readonly overrides: () => readonly Override[];
  /** Leases, recipes, selection, second person, release-all: what the desk's side offers beyond single commands. */
  readonly control?: ControlActs;
  /** Commands that are older than what the server remembers itself. */
  readonly commandHistory?: (filter: CommandFilter, signal: AbortSignal) => Promise<readonly StampedStep[]>;
  /** When the desk's record says that a command was asked for. */
  readonly commandAskedAt?: (commandId: string) => Timestamp | undefined;
  readonly alarms?: () => readonly Alarm[];
  readonly history?: Past;
  /** The rows behind the view flow_metrics_1h. */
  readonly flowMetrics?: (from: Timestamp, to: Timestamp, signal: AbortSignal) => Promise<readonly FlowRow[]>;
  readonly missions?: Missions;
  readonly incidents?: Incidents;
  /** Applies the site file as it is now. */
  readonly reload?: (by: string) => Promise<{ readonly changed: string } | { readonly problems: readonly string[] }>;
  readonly journal: () => JournalStatus;
  readonly ready: () => Readiness;
  /** The database beside the journal: whether it follows, on which engine, and what is the matter. */
  readonly database?: () => { readonly state: string; readonly engine?: string; readonly message?: string };
  /** Sign-ins, refusals, terminations: what the audit record takes from the server. Commands reach it through the desk. */
  readonly audit: (entry: AuditEntry) => void;
}

export interface SiteInfo {
  readonly name: string;
  readonly version: string;
  readonly timeZone: string;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** `Valves.resolve` of src/control has this shape. The command's id is part of the question: a toggle that is sent twice keeps its target. */
export type ResolveValve = (wish: {
  readonly valveId: string;
  readonly position?: number | boolean | "open" | "closed";
  readonly commandId: string;
}) => { readonly ok: true; readonly act: CommandAct } | ({ readonly ok: false } & Refusal);

/** Frames that are more than one command; all of them still end in acts of the desk. */
export type ControlFrame = Extract<
  WriteFrame,
  { type: `lease.${string}` | "recipe.apply" | "command.release" | "command.select" | "overrides.release" }
>;

export interface ControlActs {
  /** The frame types that are built. */
  readonly handles: ReadonlySet<ControlFrame["type"]>;
  /** `command` is there for recipe.apply: the id, priority, time to live and expiry as the server worked them out. */
  act(frame: ControlFrame, by: Principal, command: Omit<Command, "act"> | undefined): ControlAnswer | Promise<ControlAnswer>;
}

export type ControlAnswer =
  | { readonly status: "success"; readonly commandId?: string; readonly data?: Readonly<Record<string, unknown>> }
  | {
      readonly status: "rejected";
      readonly commandId?: string;
      readonly code: string;
      readonly message: string;
      /** Refused before the desk's side saw it, so nothing of it is on record and nobody tells its end. */
      readonly unseen?: true;
    };

export interface Override {
  readonly id: string;
  readonly point: PointId;
  readonly priority: number;
  readonly value: Value;
  readonly by: string;
  readonly since: Timestamp;
  readonly expiresAt?: Timestamp;
  readonly reason?: string;
  readonly inEffect: boolean;
  readonly why?: string;
}

export interface Alarm {
  readonly id: string;
  readonly point?: PointId;
  readonly state: string;
  readonly priority: string;
  readonly message: string;
  readonly since: Timestamp;
}

export interface Incident {
  readonly id: string;
  readonly title: string;
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly note?: string;
}

export interface Incidents {
  list(): readonly Incident[];
  get(id: string): Incident | undefined;
  create(incident: Omit<Incident, "id">, by: string): Incident;
}

export interface FlowRow {
  readonly time: Timestamp;
  readonly flowRateLpm: number | null;
  readonly pressurePa: number | null;
  readonly temperatureC: number | null;
}

export interface Readiness {
  readonly ready: boolean;
  readonly waitingFor: readonly string[];
}

/** A command's step with when it was recorded. */
export interface StampedStep {
  readonly step: CommandStep;
  readonly at: Timestamp;
  /** When its first step was recorded. */
  readonly requestedAt: Timestamp;
}

export interface CommandFilter {
  readonly point?: PointId;
  readonly user?: string;
  readonly state?: string;
  readonly from?: Timestamp;
  readonly to?: Timestamp;
  readonly limit: number;
}

export interface AuditEntry {
  /** signed-in, sign-in-failed, signed-out, locked, session-ended, refused, bad-request, user-made, key-made, … */
  readonly act: string;
  readonly by: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ServerOptions {
  readonly server: SiteServer;
  readonly auth: SiteAuth;
  readonly authStore: AuthStore;
  /** A built dashboard to serve at /. */
  readonly dashboardFolder?: string;
  readonly limits?: Partial<Limits>;
  /** Shown once on first start, never written to the log: the one-time administrator token. */
  readonly showFirstToken?: (token: string) => void;
}

export interface Server {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export type { Role };
