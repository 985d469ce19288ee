import { afterEach, describe, expect, it } from "vitest";
import { rigStart, serverRig, type Rig } from "#test/fakes/server-rig.ts";
import { quality } from "#msgs/quality.ts";
import { GatewayError } from "#src/kit/errors.ts";
import type { History } from "#src/contract/store.ts";
import type { Server } from "../services.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function start(rig: Rig = serverRig()): Promise<{
  server: Server;
  get(path: string): Promise<{ status: number; body: never }>;
  post(path: string, body?: object): Promise<{ status: number; body: never }>;
}> {
  const server = await rig.listen();
  open.push(server);
  const ask = async (path: string, init: RequestInit = {}): Promise<{ status: number; body: never }> => {
    const answer = await fetch(`${server.url}${path}`, init);
    const text = await answer.text();
    return { status: answer.status, body: (answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text) as never };
  };
  return {
    server,
    get: (path) => ask(path),
    post: (path, body) =>
      ask(path, { method: "POST", headers: { "content-type": "application/json" }, ...(body && { body: JSON.stringify(body) }) }),
  };
}

/** Rows a second apart from the start of the rig, as many as asked. */
const rowsFrom = (count: number): History => ({
  async *raw(points, _from, _to, { limit }) {
    for (const point of points) {
      yield Array.from({ length: Math.min(count, limit) }, (_, i) => ({
        point,
        sourceTime: rigStart + i * 1e6,
        at: rigStart + i * 1e6 + 250,
        value: i,
        quality: 0,
      }));
    }
  },
  async *buckets(points, from, _to, { buckets }) {
    for (const point of points) {
      yield Array.from({ length: buckets }, (_, i) => ({
        point,
        time: from + i,
        count: 1,
        min: 0,
        max: 1,
        mean: 0.5,
        last: 1,
        quality: 0,
      }));
    }
  },
});

describe("GET", () => {
  it("/health, /ready, /ws/status and /metrics answer as pinned", async () => {
    const { get } = await start();
    expect(await get("/health")).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await get("/ready")).toEqual({ status: 200, body: { ready: true, waitingFor: [] } });
    expect(await get("/ws/status")).toEqual({ status: 200, body: { connectedClients: 0, recentCommands: [] } });
    const { body } = await get("/metrics");
    expect(body).toContain('plainview_link_points_total{adapter="modbus-1",device="",protocol="modbus"} 7');
    expect(body).toContain('plainview_link_errors_total{adapter="modbus-1",device="",protocol="modbus",code="timeout"} 1');
    expect(body).toContain("# TYPE plainview_link_round_trip_seconds histogram");
    const roundTrip = String(body)
      .split("\n")
      .filter((line) => line.includes("round_trip_seconds") && line.includes('"modbus-1"'));
    expect(roundTrip).toEqual([
      'plainview_link_round_trip_seconds_bucket{adapter="modbus-1",device="",protocol="modbus",le="0.001"} 1',
      'plainview_link_round_trip_seconds_bucket{adapter="modbus-1",device="",protocol="modbus",le="+Inf"} 1',
      'plainview_link_round_trip_seconds_sum{adapter="modbus-1",device="",protocol="modbus"} 0.001',
      'plainview_link_round_trip_seconds_count{adapter="modbus-1",device="",protocol="modbus"} 1',
    ]);
    expect(body).toContain("plainview_event_loop_delay_seconds");
  });

  it("/ready says 503 and what it waits for", async () => {
    const { get } = await start(serverRig({ services: { ready: () => ({ ready: false, waitingFor: ["modbus-1"] }) } }));
    expect(await get("/ready")).toEqual({ status: 503, body: { ready: false, waitingFor: ["modbus-1"] } });
  });

  it("/points/:id takes the id plain and encoded", async () => {
    const rig = serverRig();
    rig.values({ "north/pump/flow": 3.5 });
    const { get } = await start(rig);
    const expected = {
      id: "north/pump/flow",
      device: "plc-1",
      writable: false,
      latest: { value: 3.5, quality: 0, sourceTime: "2026-11-20T10:00:00.000000Z", at: "2026-11-20T10:00:00.000000Z" },
    };
    expect(await get("/points/north/pump/flow")).toMatchObject({ status: 200, body: expected });
    expect(await get("/points/north%2Fpump%2Fflow")).toMatchObject({ status: 200, body: expected });
    expect(await get("/points/north/v-101/command")).toMatchObject({ body: { latest: null, writable: true } });
    expect(await get("/points/nowhere")).toMatchObject({ status: 404, body: { code: "unknown-point" } });
  });

  it("/devices shows link state and the worst quality behind it", async () => {
    const rig = serverRig();
    rig.values({ "south/robot/battery": 80 }, quality.uncertain);
    const { get } = await start(rig);
    expect(((await get("/devices")).body as object[]).at(1)).toMatchObject({
      id: "roustabout-01",
      protocol: "ros2",
      state: "up",
      points: 1,
      quality: 64,
      link: { state: "up", counters: { points: 7, pointsPerSecond: 3.5, requestsPerSecond: 1.5, errors: { timeout: 1 } } },
    });
  });

  it("one device comes with what its adapter counts, all of them without", async () => {
    const { get } = await start(serverRig());
    expect(((await get("/devices")).body as { link: object }[]).at(1)!.link).not.toHaveProperty("health");
    expect((await get("/devices/roustabout-01")).body).toMatchObject({ link: { health: { nodes: [{ name: "roustabout-01" }, {}] } } });
  });

  it("/history streams rows, and refuses bare numbers, unknown points and a turned-round stretch", async () => {
    const { get } = await start(serverRig({ services: { history: rowsFrom(3) } }));
    const span = "from=2026-11-20T10:00:00Z&to=2026-11-20T11:00:00Z";
    expect((await get(`/history?points=north/pump/flow,north/pump/speed&${span}`)).body).toHaveLength(6);
    expect(await get(`/history?points=north/pump/flow&${span}`)).toMatchObject({
      status: 200,
      body: [
        { point: "north/pump/flow", sourceTime: "2026-11-20T10:00:00.000000Z", at: "2026-11-20T10:00:00.000250Z", value: 0, quality: 0 },
        {},
        {},
      ],
    });
    expect((await get(`/history?points=north/pump/flow&${span}&buckets=4`)).body).toHaveLength(4);
    expect((await get(`/metrics/range?points=north/pump/flow&start=2026-11-20T10:00:00Z&end=2026-11-20T11:00:00Z`)).body).toHaveLength(3);
    for (const bad of [
      "from=1790000000&to=1790000001",
      "from=2026-11-20T10:00:00&to=2026-11-20T11:00:00Z",
      "from=2026-02-31T10:00:00Z&to=2026-11-20T11:00:00Z",
      "from=2026-11-20T11:00:00Z&to=2026-11-20T10:00:00Z",
      `${span}&buckets=0`,
      `${span}&buckets=x`,
      `${span}&more=1`,
      "",
    ]) {
      expect(await get(`/history?points=north/pump/flow&${bad}`), bad).toMatchObject({ status: 400, body: { code: "bad-request" } });
    }
    expect(await get(`/history?points=nowhere&${span}`)).toMatchObject({ status: 404 });
  });

  it("/history says 503 while the database is away, before the first row", async () => {
    const away: History = {
      async *raw() {
        throw new GatewayError("database-away", "the database cannot be reached");
      },
      buckets: rowsFrom(1).buckets,
    };
    const { get } = await start(serverRig({ services: { history: away } }));
    expect(await get("/history?points=north/pump/flow&from=2026-11-20T10:00:00Z&to=2026-11-20T11:00:00Z")).toMatchObject({
      status: 503,
      body: { code: "database-away" },
    });
  });

  it("/metrics/range gives the flow rows of the document", async () => {
    const { get } = await start(
      serverRig({
        services: { flowMetrics: () => Promise.resolve([{ time: rigStart, flowRateLpm: 1, pressurePa: 2, temperatureC: null }]) },
      }),
    );
    expect(await get("/metrics/range?start=2026-11-20T10:00:00Z&end=2026-11-20T11:00:00Z")).toEqual({
      status: 200,
      body: [{ time: "2026-11-20T10:00:00.000000Z", flowRateLpm: 1, pressurePa: 2, temperatureC: null }],
    });
  });

  it("/overrides, /ros2/nodes and /ros2/topics answer with lists of objects with ids", async () => {
    const { get } = await start();
    expect(await get("/overrides")).toMatchObject({ body: [{ id: "o-1", point: "north/pump/speed", expiresAt: null, inEffect: true }] });
    expect((await get("/ros2/nodes")).body).toMatchObject([
      { id: "roustabout-01", state: "up" },
      { id: "talker", name: "talker" },
    ]);
    expect((await get("/ros2/topics")).body).toMatchObject([{ id: "/devices/roustabout-01/telemetry", adapter: "dds" }]);
  });

  it("what is not built says so with 501 and not-available", async () => {
    const { get, post } = await start();
    for (const path of ["/alarms", "/incidents", "/missions/m-1/predictions"]) {
      expect(await get(path), path).toMatchObject({ status: 501, body: { code: "not-available" } });
    }
    expect(await post("/alarms/a/ack")).toMatchObject({ status: 501, body: { code: "not-available" } });
    expect(
      await post("/missions/m-1/branch", {
        title: "t",
        modifications: [{ eventIndex: 5, changes: { type: "valve.actuation", target: "v-102", timestamp: "T+5min" } }],
      }),
    ).toMatchObject({ status: 501 });
  });

  it("/docs has OpenAPI from the schemas that validate, and AsyncAPI beside it", async () => {
    const { get } = await start();
    const { body: openapi } = await get("/docs/json");
    expect(Object.keys((openapi as { paths: object }).paths)).toEqual(
      expect.arrayContaining(["/commands", "/history", "/missions/{id}/seek"]),
    );
    expect(await get("/docs/asyncapi.json")).toMatchObject({ body: { asyncapi: "3.0.0" } });
    expect((await get("/docs")).status).toBe(200);
  });

  it("/health says how the database stands and on which engine", async () => {
    const database = () => ({ state: "following", engine: "PostgreSQL 17" });
    const { get } = await start(serverRig({ services: { database } }));
    expect((await get("/health")).body).toMatchObject({ database: { state: "following", engine: "PostgreSQL 17" } });
  });

  it("an escape in the path that stands for no text is 400 with code and message", async () => {
    const { get } = await start();
    expect(await get("/points/%ff")).toEqual({ status: 400, body: { code: "bad-request", message: expect.any(String) as string } });
  });

  it("an unknown path is 404 with code and message", async () => {
    const { get } = await start();
    expect(await get("/nothing")).toMatchObject({ status: 404, body: { code: "not-found" } });
  });
});

describe("POST /commands", () => {
  it("answers 202 with id and state, and with wait the end", async () => {
    const rig = serverRig();
    const { get, post } = await start(rig);
    const made = await post("/commands?wait=5000", { point: "north/pump/speed", value: 7, reason: "test" });
    expect(made).toMatchObject({ status: 202, body: { state: "confirmed", by: "loopback", priority: 8 } });
    const { commandId } = made.body as { commandId: string };
    expect(await get(`/commands/${commandId}`)).toMatchObject({ status: 200, body: { id: commandId, state: "confirmed" } });
    expect((await get("/ws/status")).body).toMatchObject({ recentCommands: [{ commandId }] });
    expect((await get("/commands?point=north/pump/speed&state=confirmed&user=loopback")).body).toHaveLength(1);
    expect((await get("/commands?state=failed")).body).toHaveLength(0);
  });

  it("wait ends by itself when the command does not", async () => {
    const rig = serverRig();
    rig.desk.ends = "by hand";
    const { post } = await start(rig);
    expect(await post("/commands?wait=50", { type: "point.release", point: "north/pump/speed" })).toMatchObject({
      status: 202,
      body: { state: "recorded" },
    });
  });

  it("answers 409 for a closed gate, 404 for an unknown target, 400 for a bad body, 501 for what is not built", async () => {
    const rig = serverRig();
    const { post } = await start(rig);
    rig.desk.refuseNext("interlock", "pump runs");
    expect(await post("/commands", { point: "north/pump/speed", value: 1 })).toMatchObject({
      status: 409,
      body: { code: "interlock", message: "pump runs" },
    });
    expect(await post("/commands", { point: "nowhere", value: 1 })).toMatchObject({ status: 404, body: { code: "unknown-target" } });
    expect(await post("/commands", { type: "valve.actuate", valveId: "v-9" })).toMatchObject({ status: 404 });
    expect(await post("/commands", { point: "north/pump/speed", value: 1, timeline: "m-1" })).toMatchObject({
      status: 409,
      body: { code: "replay-cannot-write" },
    });
    for (const body of [
      {},
      { point: "north/pump/speed" },
      { point: 7, value: 1 },
      { point: "x", value: null },
      { point: "x", value: 1, priority: 0 },
      { type: "nonsense" },
      { point: "x", value: 1, exprected: 2 },
    ]) {
      expect(await post("/commands", body), JSON.stringify(body)).toMatchObject({ status: 400, body: { code: "bad-request" } });
    }
    expect(await post("/commands", { type: "recipe.apply", steps: [{ point: "x", value: 1 }] })).toMatchObject({ status: 501 });
  });

  it("bodies that are not JSON, too large, too deep or of another type get words", async () => {
    const { server } = await start();
    const send = async (body: string, type = "application/json"): Promise<{ status: number; body: unknown }> => {
      const answer = await fetch(`${server.url}/commands`, { method: "POST", headers: { "content-type": type }, body });
      return { status: answer.status, body: await answer.json() };
    };
    expect(await send("{")).toMatchObject({ status: 400, body: { message: "the body is not JSON" } });
    expect(await send(JSON.stringify({ pad: "x".repeat(300_000) }))).toMatchObject({ status: 413, body: { code: "too-large" } });
    expect(await send(`${"[".repeat(200)}${"]".repeat(200)}`)).toMatchObject({ status: 400 });
    expect(await send("point=x", "text/plain")).toMatchObject({ status: 415, body: { code: "not-json" } });
  });

  it("cancels through the desk", async () => {
    const rig = serverRig();
    rig.desk.ends = "by hand";
    const { post } = await start(rig);
    const { commandId } = (await post("/commands", { point: "north/pump/speed", value: 7 })).body as { commandId: string };
    expect(await post(`/commands/${commandId}/cancel`)).toMatchObject({ status: 202 });
    expect(rig.desk.cancelled).toEqual([commandId]);
    expect(await post("/commands/none/cancel")).toMatchObject({ status: 404 });
  });
});

describe("robots and missions", () => {
  it("a robot is told by its device id, and another node is not", async () => {
    const rig = serverRig();
    const { post } = await start(rig);
    expect(await post("/ros2/nodes/roustabout-01/command", { command: "goto", args: { x: 1 } })).toMatchObject({
      status: 202,
      body: { ok: true },
    });
    expect(rig.desk.seen[0]?.command.act).toEqual({ do: "call", device: "roustabout-01", method: "goto", args: { x: 1 } });
    expect(await post("/ros2/nodes/talker/command", { command: "hold" })).toMatchObject({ status: 404 });
  });

  it("a mission goes through its life over HTTP", async () => {
    const { get, post } = await start();
    const made = await post("/missions", { title: "leak", type: "replay", from: "2026-11-20T09:00:00Z", to: "2026-11-20T10:00:00Z" });
    expect(made).toMatchObject({ status: 201, body: { id: "m-1", state: "draft", from: "2026-11-20T09:00:00.000000Z" } });
    expect(await post("/missions/m-1/start")).toMatchObject({ status: 200, body: { state: "active" } });
    expect(await post("/missions/m-1/setspeed", { speed: "max" })).toMatchObject({ body: { speed: "max" } });
    expect(await post("/missions/m-1/setspeed", { speed: 1001 })).toMatchObject({ status: 400 });
    expect(await post("/missions/m-1/seek", { to: "2026-11-20T09:30:00Z" })).toMatchObject({
      body: { now: "2026-11-20T09:30:00.000000Z" },
    });
    expect(await post("/missions/m-1/seek", { to: "2026-11-21T09:30:00Z" })).toMatchObject({ status: 400 });
    expect(await post("/missions/m-9/start")).toMatchObject({ status: 404 });
    expect(await post("/missions", { title: "leak", type: "replay" })).toMatchObject({ status: 400 });
    expect((await get("/missions")).body).toHaveLength(1);
  });
});

describe("GET /events", () => {
  it("tells command steps as they happen, each message one JSON object with type and timeline", async () => {
    const rig = serverRig();
    const { server, post } = await start(rig);
    const aborter = new AbortController();
    const answer = await fetch(`${server.url}/events?points=north/**`, { signal: aborter.signal });
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const heard: { type: string; timeline: string }[] = [];
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    rig.values({ "north/pump/flow": 4 });
    await post("/commands", { point: "north/pump/speed", value: 7 });
    const wanted = ["connected", "samples", "command.requested", "command.confirmed"];
    for (let text = ""; !wanted.every((type) => heard.some((event) => event.type === type));) {
      text += decoder.decode((await reader.read()).value, { stream: true });
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) heard.push(JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? "{}") as never);
    }
    for (const event of heard) expect(event.timeline).toBe("live");
    aborter.abort();
  });
});
