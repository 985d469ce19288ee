import type { LimitRule } from "#msgs/alarm.ts";
import type { AdapterId, Area, Device, Point, PointId, Valve, Value } from "#msgs/point.ts";
import type { AdapterConfig, AdapterModule } from "#src/contract/adapter.ts";
import type { ExposerModule } from "#src/contract/exposer.ts";
import type { Role } from "#src/contract/control.ts";
import type { SiteProblem } from "./problem.ts";

/** A site file, checked and ready to use: references resolved, templates written out, durations in milliseconds. */
export interface Site {
  /** Changes whenever the plant as described changes; not when a password or a log level does. */
  readonly revision: string;
  readonly path: string;
  readonly name: string;
  readonly timeZone: string;
  readonly server: SiteServer;
  readonly auth: SiteAuth;
  readonly data: { readonly folder: string };
  readonly store: SiteStore;
  readonly log: { readonly level: LogLevel; readonly areas: Readonly<Record<string, LogLevel>> };
  readonly commands: SiteCommands;
  readonly areas: readonly Area[];
  readonly devices: readonly Device[];
  readonly points: readonly Point[];
  readonly valves: readonly Valve[];
  readonly rules: readonly LimitRule[];
  readonly flowMetrics?: { readonly flowRate: PointId; readonly pressure: PointId; readonly temperature: PointId };
  readonly recipes: readonly Recipe[];
  readonly expose: readonly SiteExpose[];
  readonly adapters: readonly SiteAdapter[];
  /** Worth knowing and no reason not to start. */
  readonly warnings: readonly SiteProblem[];
  /** The file as it may be shown: references as written, secrets hidden. */
  readonly described: unknown;
  /** Resolved secrets, for the log's redaction and nothing else. */
  readonly secrets: readonly string[];
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface SiteAdapter {
  readonly id: AdapterId;
  readonly protocol: string;
  readonly title?: string;
  readonly module: AdapterModule;
  readonly config: AdapterConfig;
}

export interface SiteCommands {
  readonly defaultTtlMs: number;
  readonly reservedPriorities: readonly number[];
  readonly writeTimeoutMs: number;
  readonly heldMs: number;
  readonly selectRequired: "critical" | "never";
  readonly safeState: readonly { readonly point: PointId; readonly value: Value }[];
}

export interface SiteServer {
  readonly host: string;
  readonly port: number;
  /** PEM text. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly proxy: boolean;
  readonly origins: readonly string[];
}

export interface SiteAuth {
  readonly loopback?: Role;
  readonly users: readonly {
    readonly name: string;
    readonly role: Role;
    readonly passwordHash: string;
    readonly areas?: readonly string[];
  }[];
  readonly apiKeys: readonly { readonly name: string; readonly role: Role; readonly hash: string; readonly areas?: readonly string[] }[];
  readonly oidc: readonly OidcIssuer[];
  readonly sessionTtlMs: number;
  readonly sessionsPerUser: number;
  readonly lockout: { readonly failures: number; readonly lastsMs: number };
}

export interface OidcIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly roleClaim: string;
  readonly roles: Readonly<Record<string, Role>>;
  readonly areasClaim?: string;
}

export interface SiteStore {
  /** Absent: an embedded server. The environment's DATABASE_URL has been taken into account. */
  readonly databaseUrl?: string;
  readonly journal: { readonly maxBytes: number; readonly maxAgeMs: number; readonly keepMs: number };
  /** Absent: for good. */
  readonly retention: { readonly samplesMs?: number; readonly rollupsMs?: number; readonly recordingMs?: number };
}

export interface Recipe {
  readonly id: string;
  readonly title?: string;
  readonly steps: readonly { readonly set: Readonly<Record<PointId, Value>> }[];
  readonly onFailure: "compensate" | "stop";
}

export interface SiteExpose {
  readonly id: string;
  readonly protocol: string;
  readonly module: ExposerModule;
  /** The protocol's own settings, checked by it. */
  readonly options: unknown;
}
