import { ClientError, type ClientOptions } from "./options.ts";
import type { ClientFrameOf } from "../wire/client-frames.ts";
import type {
  AlarmJson,
  AtTimeRowJson,
  BucketRowJson,
  CommandAccepted,
  DeviceJson,
  DotRowJson,
  FlowRowJson,
  HistoryRowJson,
  IncidentJson,
  LossJson,
  OverrideJson,
  PointJson,
  RecordJson,
  Refused,
  Reloaded,
  Ros2NodeJson,
  SessionJson,
  SignInAnswer,
  WsStatus,
} from "../wire/http.ts";
import type { CommandJson, MissionJson, PrincipalJson } from "../wire/values.ts";

/** A body of POST /commands: a write frame without what belongs to the socket. */
export type CommandRequest =
  | Omit<ClientFrameOf<"point.write">, "requestId">
  | Omit<ClientFrameOf<"point.release">, "requestId">
  | Omit<ClientFrameOf<"valve.actuate">, "requestId">
  | Omit<ClientFrameOf<"device.call">, "requestId">
  | Omit<ClientFrameOf<"recipe.apply">, "requestId">;

export type Query = Readonly<Record<string, string | number | undefined>>;

/** The HTTP side of the gateway. Every refusal is a ClientError with the gateway's code and message. */
export interface HttpClient {
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  send<T>(method: "POST" | "DELETE" | "PUT", path: string, body?: unknown): Promise<T>;
  points(): Promise<PointJson[]>;
  point(id: string): Promise<PointJson>;
  devices(): Promise<DeviceJson[]>;
  history(query: { points: readonly string[]; from: string; to: string }, signal?: AbortSignal): Promise<HistoryRowJson[]>;
  buckets(
    query: { points: readonly string[]; from: string; to: string; buckets: number; fill?: "none" | "null" | "hold" | "linear" },
    signal?: AbortSignal,
  ): Promise<BucketRowJson[]>;
  /** A line for so many pixels: at most four dots each, no spike lost. */
  line(query: { points: readonly string[]; from: string; to: string; pixels: number }, signal?: AbortSignal): Promise<DotRowJson[]>;
  /** The values in force at these instants. */
  valuesAt(query: { points: readonly string[]; at: readonly string[]; interpolation?: "hold" | "linear" }): Promise<AtTimeRowJson[]>;
  /** What is missing from the record. */
  ledger(query?: { from?: string; to?: string; stream?: string }, signal?: AbortSignal): Promise<LossJson[]>;
  eventsBetween(query: { from: string; to: string; kinds?: string; limit?: number }): Promise<RecordJson[]>;
  /** The gateway takes over its site file as it is now. */
  reload(): Promise<Reloaded>;
  flow(start: string, end: string): Promise<FlowRowJson[]>;
  command(body: CommandRequest, waitMs?: number): Promise<CommandAccepted>;
  commands(filter?: { point?: string; user?: string; state?: string; from?: string; to?: string; limit?: number }): Promise<CommandJson[]>;
  commandById(id: string): Promise<CommandJson>;
  overrides(): Promise<OverrideJson[]>;
  alarms(): Promise<AlarmJson[]>;
  missions(): Promise<MissionJson[]>;
  mission(id: string): Promise<MissionJson>;
  incidents(): Promise<IncidentJson[]>;
  ros2Nodes(): Promise<Ros2NodeJson[]>;
  wsStatus(): Promise<WsStatus>;
  ready(): Promise<{ ready: boolean; waitingFor: string[] }>;
  signIn(name: string, password: string): Promise<SignInAnswer>;
  signOut(): Promise<void>;
  me(): Promise<PrincipalJson>;
  sessions(): Promise<SessionJson[]>;
}

export function httpClient(options: ClientOptions): HttpClient {
  const base = options.url.replace(/\/$/, "");

  async function call<T>(method: string, path: string, about: { query?: Query; body?: unknown; signal?: AbortSignal } = {}): Promise<T> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (about.body !== undefined) headers["content-type"] = "application/json";
    if (options.token !== undefined) headers["authorization"] = `Bearer ${options.token}`;
    let answer: Awaited<ReturnType<ClientOptions["fetch"]>>;
    try {
      answer = await options.fetch(`${base}${path}${queryText(about.query)}`, {
        method,
        headers,
        credentials: "same-origin",
        ...(about.body !== undefined && { body: JSON.stringify(about.body) }),
        ...(about.signal && { signal: about.signal }),
      });
    } catch (error) {
      throw new ClientError("link-lost", `${method} ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (answer.status === 204) return undefined as T;
    const text = await answer.text();
    let body: unknown;
    try {
      body = text === "" ? undefined : JSON.parse(text);
    } catch {
      throw new ClientError("bad-answer", `${method} ${path} answered ${answer.status} with something that is not JSON`, {
        status: answer.status,
      });
    }
    // GET /ready answers 503 with the same body while it waits.
    if (!answer.ok && !(path === "/ready" && answer.status === 503)) throw refusal(answer.status, body, `${method} ${path}`);
    return body as T;
  }

  const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
    call<T>("GET", path, { ...(query && { query }), ...(signal && { signal }) });
  const send = <T>(method: "POST" | "DELETE" | "PUT", path: string, body?: unknown): Promise<T> => call<T>(method, path, { body });

  return {
    get,
    send,
    points: () => get("/points"),
    point: (id) => get(`/points/${encodeURIComponent(id)}`),
    devices: () => get("/devices"),
    history: (query, signal) => get("/history", { ...query, points: query.points.join(",") }, signal),
    buckets: (query, signal) => get("/history", { ...query, points: query.points.join(",") }, signal),
    line: (query, signal) => get("/history", { ...query, points: query.points.join(",") }, signal),
    valuesAt: (query) => get("/history", { ...query, points: query.points.join(","), at: query.at.join(",") }),
    ledger: (query, signal) => get("/ledger", query, signal),
    eventsBetween: (query) => get("/events/history", query),
    reload: () => send("POST", "/reload"),
    flow: (start, end) => get("/metrics/range", { start, end }),
    command: (body, waitMs) => call("POST", "/commands", { body, ...(waitMs !== undefined && { query: { wait: waitMs } }) }),
    commands: (filter) => get("/commands", filter),
    commandById: (id) => get(`/commands/${encodeURIComponent(id)}`),
    overrides: () => get("/overrides"),
    alarms: () => get("/alarms"),
    missions: () => get("/missions"),
    mission: (id) => get(`/missions/${encodeURIComponent(id)}`),
    incidents: () => get("/incidents"),
    ros2Nodes: () => get("/ros2/nodes"),
    wsStatus: () => get("/ws/status"),
    ready: () => get("/ready"),
    signIn: (name, password) => send("POST", "/auth/sign-in", { name, password }),
    signOut: () => send("POST", "/auth/sign-out"),
    me: () => get("/auth/me"),
    sessions: () => get("/auth/sessions"),
  };
}

function refusal(status: number, body: unknown, what: string): ClientError {
  const told = (typeof body === "object" && body !== null ? body : {}) as Partial<Refused>;
  return new ClientError(told.code ?? "refused", told.message ?? `${what} answered ${status}`, { status, details: told.details ?? [] });
}

function queryText(query: Query | undefined): string {
  const parts = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`],
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
