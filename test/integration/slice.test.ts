import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { GatewayProcess } from "#test/fakes/gateway-process.ts";
import { bareSocket, eventually, trySite } from "#test/fakes/gateway-process.ts";

// One point, all the way, live and replayed: a real gateway with the demo plant, the embedded database and real sockets.

interface HistoryRow {
  readonly point: string;
  readonly sourceTime: string;
  readonly at: string;
  readonly value: number | null;
  readonly quality: number;
}
interface MissionShown {
  readonly id: string;
  readonly state: string;
  readonly decided?: { recorded: { count: number; hash: string }; recomputed: { count: number; hash: string } };
}

const site = trySite();
let gateway: GatewayProcess;
let began: string;

beforeAll(async () => {
  gateway = await site.start();
  began = new Date().toISOString();
});
afterAll(async () => {
  await gateway.stop();
  site.remove();
});

const historyOf = (point: string): Promise<HistoryRow[]> =>
  gateway.json(`/history?points=${point}&from=${began}&to=${new Date(Date.now() + 1_000).toISOString()}`);

describe("one point, all the way", () => {
  it("a device's register is a live value with quality and age", async () => {
    const first = await gateway.json<{ latest: { value: number; quality: number; at: string } }>("/points/pipe/flow");
    expect(first.latest.quality).toBe(0);
    await eventually(async () => {
      const next = await gateway.json<{ latest: { value: number; at: string } }>("/points/pipe/flow");
      return next.latest.value !== first.latest.value && next.latest.at > first.latest.at;
    });
  });

  it("and lies in the history, ascending, once", async () => {
    await eventually(async () => (await historyOf("pipe/flow")).length >= 10, 60_000);
    const rows = await historyOf("pipe/flow");
    const times = rows.map(({ sourceTime }) => sourceTime);
    expect(times).toEqual([...times].sort());
    expect(new Set(times).size).toBe(times.length);
    expect(rows.every(({ point }) => point === "pipe/flow")).toBe(true);
  });

  it("a write is acknowledged at once, recorded, sent once and confirmed by what the plant shows", async () => {
    const socket = await bareSocket(gateway.socketUrl);
    socket.send({ type: "point.write", point: "fc-101/setpoint", value: 480, reason: "slice" });
    const ack = await socket.heard(({ type }) => type === "ack");
    expect(ack).toMatchObject({ status: "success", timeline: "live", data: { action: "point.write" } });
    const confirmed = await socket.heard(({ type, data }) => type === "event" && data?.type === "command.confirmed");
    expect(confirmed).toMatchObject({ commandId: ack.commandId, data: { observed: { point: "fc-101/setpoint", value: 480 } } });
    const types = socket.frames
      .filter(({ commandId, type }) => type === "event" && commandId === ack.commandId)
      .map(({ data }) => data?.type);
    expect(types[0]).toBe("command.requested");
    expect(types.at(-1)).toBe("command.confirmed");
    socket.close();
  });

  it("a write outside the limits is refused with a reason, and nothing is sent", async () => {
    const socket = await bareSocket(gateway.socketUrl);
    socket.send({ type: "point.write", point: "v-101/command", value: 140 });
    const ack = await socket.heard(({ type }) => type === "ack");
    expect(ack).toMatchObject({ status: "rejected", code: "out-of-range" });
    await socket.heard(({ data, commandId }) => commandId === ack.commandId && data?.type === "command.rejected");
    socket.close();
  });

  it("a bad frame is answered, and the connection lives on", async () => {
    const socket = await bareSocket(gateway.socketUrl);
    socket.send({ type: "no.such.frame" });
    await socket.heard(({ type }) => type === "error");
    socket.send({ type: "subscribe", patterns: ["pipe/*"] });
    await socket.heard(({ type, timeline }) => type === "samples" && timeline === "live");
    socket.close();
  });

  it("a device that goes away is bad at once and heals by itself", async () => {
    const control = await demoDoor();
    await fault(control, { target: "outlet", kind: "device-off" });
    await eventually(async () => (await latestOf("outlet/flow")).quality >= 128);
    expect((await latestOf("outlet/flow")).value).toBeNull();
    expect((await latestOf("pipe/flow")).quality).toBe(0);
    await fault(control, { target: "outlet", kind: "device-off", on: false });
    await eventually(async () => (await latestOf("outlet/flow")).quality === 0, 60_000);
  });

  it("a mission over what was just recorded decides what live decided, with its own timeline on every frame", async () => {
    const socket = await bareSocket(gateway.socketUrl);
    const to = new Date().toISOString();
    const mission = await gateway.json<MissionShown>("/missions", post({ title: "the last minute", type: "replay", from: began, to }));
    socket.send({ type: "subscribe", patterns: ["pipe/flow", "outlet/flow"], timeline: mission.id });
    await gateway.json(`/missions/${mission.id}/setspeed`, post({ speed: "max" }));
    await gateway.json(`/missions/${mission.id}/start`, post({}));
    await eventually(async () => (await gateway.json<MissionShown>(`/missions/${mission.id}`)).state === "completed", 60_000);
    const { decided } = await gateway.json<MissionShown>(`/missions/${mission.id}`);
    expect(decided?.recomputed).toEqual(decided?.recorded);
    expect(socket.frames.some(({ type, timeline }) => type === "samples" && timeline === mission.id)).toBe(true);
    socket.send({ type: "point.write", point: "fc-101/setpoint", value: 600, timeline: mission.id });
    const ack = await socket.heard(({ type, data }) => type === "ack" && data?.action === "point.write");
    expect(ack).toMatchObject({ status: "rejected", code: "replay-cannot-write" });
    socket.close();
  });
});

describe("the owner's example session", () => {
  it("works as it stands: handshake, valve.actuate, an acknowledgement, events, the valve moves", async () => {
    const socket = await bareSocket(gateway.socketUrl);
    const connected = await socket.heard(({ type, data }) => type === "event" && data?.type === "connected");
    expect(connected.data?.features).toContain("valve.actuate");
    const before = (await latestOf("v-101/position")).value;
    socket.send({ type: "valve.actuate", valveId: "v-101" });
    const ack = await socket.heard(({ type }) => type === "ack");
    expect(ack).toMatchObject({ type: "ack", status: "success", data: { action: "valve.actuate" } });
    expect(typeof ack.commandId).toBe("string");
    await socket.heard(({ type, data }) => type === "event" && data?.type === "valve.actuation.requested");
    const end = await socket.heard(({ data }) => data?.type === "valve.actuation.confirmed", 30_000);
    expect(end.commandId).toBe(ack.commandId);
    expect(Math.abs(Number((await latestOf("v-101/position")).value) - Number(before))).toBeGreaterThan(90);
    socket.close();
  });

  it("works from the TypeScript of the document, with send moved into onopen", async () => {
    const heard: string[] = [];
    const ws = new WebSocket(gateway.socketUrl.replace("127.0.0.1", "localhost"));
    ws.onopen = () => ws.send(JSON.stringify({ type: "valve.actuate", valveId: "v-101" }));
    ws.onmessage = (e) => {
      const msg = JSON.parse(String(e.data)) as { type: string; data: { action?: string; type?: string; features?: unknown } };
      if (msg.type === "event" && msg.data.type === "connected") heard.push(`Connected! ${Array.isArray(msg.data.features)}`);
      if (msg.type === "ack") heard.push(`Command accepted: ${msg.data.action}`);
      if (msg.type === "event") heard.push(`Event: ${msg.data.type}`);
    };
    await eventually(() => heard.includes("Event: valve.actuation.confirmed"), 30_000, () => heard.join("\n")); // prettier-ignore
    expect(heard[0]).toBe("Connected! true");
    expect(heard).toContain("Command accepted: valve.actuate");
    ws.close();
  });
});

describe("a gateway that is killed", () => {
  it("starts again where it was: nothing is lost but a declared gap, and time goes on after the record", async () => {
    await eventually(async () => (await historyOf("pipe/flow")).length > 0);
    const before = await historyOf("pipe/flow");
    await gateway.kill();
    gateway = await site.start();
    await eventually(async () => (await historyOf("pipe/flow")).some(({ at }) => at > before.at(-1)!.at), 60_000);
    const after = await historyOf("pipe/flow");
    expect(after.slice(0, before.length)).toEqual(before);
    const ats = after.map(({ at }) => at);
    expect(ats).toEqual([...ats].sort());
  });
});

async function latestOf(point: string): Promise<{ value: number | null; quality: number }> {
  return (await gateway.json<{ latest: { value: number | null; quality: number } }>(`/points/${point}`)).latest;
}

function post(body: object): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Where the plant takes faults, as the gateway said at the start. */
async function demoDoor(): Promise<string> {
  const said = gateway.said.map((line) => /--demo-url http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]).find(Boolean);
  return `http://127.0.0.1:${said ?? 4010}`;
}

async function fault(door: string, request: object): Promise<void> {
  const answer = await fetch(`${door}/fault`, post(request));
  if (!answer.ok) throw new Error(`the plant refused the fault: ${await answer.text()}`);
}
