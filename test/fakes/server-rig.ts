import type { CommandEnd, CommandState, CommandStep } from "#msgs/command.ts";
import type { ConfigFact, FactBody } from "#msgs/fact.ts";
import type { Mission } from "#msgs/mission.ts";
import { quality } from "#msgs/quality.ts";
import type { Desk, Principal, Verdict } from "#src/contract/control.ts";
import type { LinkStatus, MissionFrame, Missions } from "#src/contract/gateway.ts";
import { silentLog } from "#src/kit/log.ts";
import { openAuthStore } from "#src/server/auth/sqlite-store.ts";
import { buildServer, openServer } from "#src/server/open-server.ts";
import { machineTime } from "#src/server/edge-time.ts";
import type { AuditEntry, ServerOptions, Services } from "#src/server/services.ts";
import { open } from "#src/timeline/open.ts";
import { standardTaps } from "#src/timeline/standard.ts";
import { samplesFact } from "./facts.ts";

/** 2026-11-20T10:00:00Z, where every rig starts. */
export const rigStart = Date.UTC(2026, 10, 20, 10) * 1000;

/** A desk that lets everything through that has a point, remembers who came, and tells the steps it is told to tell. */
export interface RecordingDesk extends Desk {
  readonly seen: { readonly command: CommandStep["command"]; readonly by: Principal }[];
  readonly cancelled: string[];
  /** Refuses the next command with this code. */
  refuseNext(code: string, message: string): void;
  tell(commandId: string, state: CommandState): void;
  /** Ends every command at once like this; "by hand" leaves it to `tell`. */
  ends: CommandEnd | "by hand";
}

export interface Rig {
  readonly services: Services;
  readonly options: ServerOptions;
  readonly desk: RecordingDesk;
  readonly audited: AuditEntry[];
  readonly missions: RigMissions;
  publish(fact: FactBody): void;
  /** Values of points by id, received now. */
  values(values: Readonly<Record<string, number | boolean | string | null>>, byte?: number): void;
  advanceMs(ms: number): void;
  listen(): ReturnType<typeof openServer>;
  build(): ReturnType<typeof buildServer>;
  readonly firstToken: () => string | undefined;
}

export interface RigMissions extends Missions {
  frame(frame: MissionFrame): void;
}

const noUsers = {
  users: [],
  apiKeys: [],
  oidc: [],
  sessionTtlMs: 3_600_000,
  sessionsPerUser: 3,
  lockout: { failures: 3, lastsMs: 60_000 },
};

/** Plain in-memory services around a real timeline; the server and its clients are the real ones. */
export function serverRig(
  about: { auth?: Partial<ServerOptions["auth"]>; options?: Partial<ServerOptions>; services?: Partial<Services>; plant?: ConfigFact } = {},
): Rig {
  const taps = standardTaps();
  const opened = open({ id: "live", kind: "live", from: rigStart, taps: taps.factories });
  const plant = about.plant ?? smallPlant();
  const audited: AuditEntry[] = [];
  const missions = memoryMissions();
  let firstToken: string | undefined;
  const desk = recordingDesk((step) => opened.into.publish({ kind: "command", step }));
  const links: LinkStatus[] = [
    linkOf("modbus-1", "modbus"),
    {
      ...linkOf("dds", "ros2"),
      health: {
        nodes: [{ name: "roustabout-01" }, { name: "talker" }],
        topics: [{ name: "/devices/roustabout-01/telemetry", type: "plainview_msgs/msg/Telemetry" }],
      },
    },
  ];
  const services: Services = {
    site: { name: "rig", version: "0.0.0-test", timeZone: "UTC" },
    timeline: opened.timeline,
    plant: taps.plant,
    areas: () => plant.areas,
    latest: taps.latest,
    links: { status: () => links, attempted: () => true },
    desk,
    resolveValve({ valveId, position }) {
      const valve = taps.plant.valves.get(valveId);
      if (!valve) return { ok: false, code: "unknown-valve", message: `no valve ${valveId}` };
      const now = taps.latest.get(valve.position)?.value;
      if (position === undefined && now === undefined)
        return { ok: false, code: "position-bad", message: `${valveId} does not show where it is` };
      const wanted = position === "open" ? valve.open : position === "closed" ? valve.closed : position;
      return { ok: true, act: { do: "set", point: valve.command, value: wanted ?? (now === valve.open ? valve.closed : valve.open) } };
    },
    overrides: () => [{ id: "o-1", point: "north/pump/speed", priority: 8, value: 50, by: "ann", since: rigStart, inEffect: true }],
    missions,
    journal: () => ({ state: "writing", durableSeq: 0, bytes: 0, readers: [] }),
    ready: () => ({ ready: true, waitingFor: [] }),
    audit: (entry) => void audited.push(entry),
    ...about.services,
  };
  const options: ServerOptions = {
    server: { host: "127.0.0.1", port: 0, proxy: false, origins: [] },
    auth: { loopback: "operator", ...noUsers, ...about.auth },
    authStore: openAuthStore(":memory:"),
    showFirstToken: (token) => (firstToken = token),
    ...about.options,
  };
  opened.into.publish(plant);
  return {
    services,
    options,
    desk,
    audited,
    missions,
    publish: (fact) => opened.into.publish(fact),
    values(values, byte = quality.good) {
      const now = opened.timeline.clock.now();
      const rows = Object.entries(values).map(([id, value]) => ({
        key: taps.plant.points.get(id)?.key ?? 0,
        value,
        quality: byte,
        sourceTime: now,
      }));
      opened.into.publish(samplesFact(rows, "pushed"));
    },
    advanceMs: (ms) => opened.advance(opened.timeline.clock.now() + ms * 1000),
    listen: () => openServer(services, options, silentLog),
    build: () => buildServer(services, options, silentLog, machineTime()),
    firstToken: () => firstToken,
  };
}

/** Two areas, a pump and a valve in one, a robot in the other. */
export function smallPlant(): ConfigFact {
  const control = {
    mode: "slots",
    default: "leave",
    onReturn: "leave",
    significance: "routine",
    evidence: { tolerance: 0, withinMs: 1_000, holdMs: 0 },
    interlocks: [],
  } as const;
  const point = (key: number, id: string, device: string, area: string, more: object = {}) => ({
    id,
    key,
    device,
    area,
    kind: "number" as const,
    binding: { adapter: device === "roustabout-01" ? "dds" : "modbus-1", address: `holding ${key}` },
    ...more,
  });
  return {
    kind: "config",
    revision: "r1",
    timeZone: "UTC",
    areas: [{ id: "north" }, { id: "north-well", parent: "north" }, { id: "south" }],
    devices: [
      { id: "plc-1", adapter: "modbus-1", protocol: "modbus", area: "north" },
      { id: "roustabout-01", adapter: "dds", protocol: "ros2", area: "south" },
    ],
    points: [
      point(1, "north/pump/speed", "plc-1", "north", { control: { ...control, overrideTtlMs: 60_000 }, unit: "1/min" }),
      point(2, "north/pump/flow", "plc-1", "north-well", { unit: "L/min" }),
      point(3, "north/v-101/command", "plc-1", "north", { kind: "boolean", control }),
      point(4, "north/v-101/position", "plc-1", "north", { kind: "boolean" }),
      point(5, "south/robot/battery", "roustabout-01", "south"),
    ],
    valves: [{ id: "v-101", command: "north/v-101/command", position: "north/v-101/position", open: true, closed: false }],
    rules: [],
  };
}

function recordingDesk(publish: (step: CommandStep) => void): RecordingDesk {
  const steps = new Map<string, CommandStep>();
  const seen: RecordingDesk["seen"] = [];
  const cancelled: string[] = [];
  let refusal: { code: string; message: string } | undefined;
  const put = (step: CommandStep): void => {
    steps.set(step.command.id, step);
    publish(step);
  };
  const desk: RecordingDesk = {
    seen,
    cancelled,
    ends: "confirmed",
    refuseNext: (code, message) => (refusal = { code, message }),
    find: (id) => steps.get(id),
    submit(command, by): Verdict {
      seen.push({ command, by });
      if (refusal) {
        const refused = refusal;
        refusal = undefined;
        put({ command, state: "rejected", by: by.name, ...refused });
        return { status: "rejected", commandId: command.id, ...refused };
      }
      if (!steps.has(command.id)) {
        queueMicrotask(() => {
          put({ command, state: "recorded", by: by.name });
          if (desk.ends !== "by hand") for (const state of ["sending", "sent", desk.ends] as const) desk.tell(command.id, state);
        });
      }
      return { status: "success", commandId: command.id };
    },
    cancel(id) {
      cancelled.push(id);
      return { status: "success", commandId: id };
    },
    tell(id, state) {
      const last = steps.get(id);
      if (last) put({ ...last, state });
    },
  };
  return desk;
}

function linkOf(adapter: string, protocol: string): LinkStatus {
  const counters = {
    points: 7,
    pointsPerSecond: 3.5,
    requests: 3,
    requestsPerSecond: 1.5,
    errors: { timeout: 1 },
    connects: 1,
    shed: 0,
    roundTrip: { upperMs: [1], counts: [1, 0], sumMs: 1 },
  };
  return { adapter, protocol, state: "up", since: rigStart, counters };
}

function memoryMissions(): RigMissions {
  const all = new Map<string, Mission>();
  const frames = new Set<(frame: MissionFrame) => void>();
  const changes = new Set<(mission: Mission) => void>();
  const change = (id: string, more: Partial<Mission>): Promise<Mission> => {
    const mission = { ...(all.get(id) as Mission), ...more };
    all.set(id, mission);
    for (const see of changes) see(mission);
    return Promise.resolve(mission);
  };
  return {
    list: () => [...all.values()],
    get: (id) => all.get(id),
    create({ title, from, to }) {
      const mission: Mission = { id: `m-${all.size + 1}`, title, type: "replay", state: "draft", from, to, now: from, speed: 1 };
      all.set(mission.id, mission);
      return mission;
    },
    start: (id) => change(id, { state: "active" }),
    pause: (id) => change(id, { state: "paused" }),
    resume: (id) => change(id, { state: "active" }),
    stop: (id) => change(id, { state: "completed" }),
    setSpeed: (id, speed) => change(id, { speed }),
    seek: (id, to) => change(id, { now: to }),
    onFrame(see) {
      frames.add(see);
      return () => frames.delete(see);
    },
    onChange(see) {
      changes.add(see);
      return () => changes.delete(see);
    },
    close: () => Promise.resolve(),
    frame: (frame) => frames.forEach((see) => see(frame)),
  };
}
