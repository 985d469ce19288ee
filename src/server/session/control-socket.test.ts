import { afterEach, describe, expect, it } from "vitest";
import { rigStart, serverRig, type Rig } from "#test/fakes/server-rig.ts";
import { dial, event, ofType, type Wire } from "#test/fakes/socket.ts";
import { quality } from "#msgs/quality.ts";
import { digestOf } from "../auth/keys.ts";
import type { Server } from "../services.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function start(rig: Rig): Promise<Server> {
  const server = await rig.listen();
  open.push(server);
  return server;
}

async function connect(server: Server, headers?: Record<string, string>): Promise<Wire> {
  const wire = await dial(server.url, headers);
  open.push(wire);
  return wire;
}

describe("the control channel", () => {
  it("greets with the features that are built, before anything is asked", async () => {
    const server = await start(serverRig());
    const wire = await connect(server);
    const hello = await wire.next(event("connected"));
    expect(hello).toMatchObject({ type: "event", timeline: "live", data: { type: "connected", principal: { role: "operator" } } });
    const { features } = hello["data"] as { features: string[] };
    expect(features).toContain("valve.actuate");
    expect(features).not.toContain("alert.resolve");
    expect(features).not.toContain("lease.take");
  });

  it("answers the document's example: an ack, then requested, then the end", async () => {
    const rig = serverRig();
    const server = await start(rig);
    rig.values({ "north/v-101/position": false });
    const wire = await connect(server);
    wire.send({ type: "valve.actuate", valveId: "v-101" });
    const ack = await wire.next(ofType("ack"));
    expect(ack).toMatchObject({ timeline: "live", status: "success", data: { action: "valve.actuate" } });
    const requested = await wire.next(event("valve.actuation.requested"));
    expect(requested).toMatchObject({ commandId: ack["commandId"], data: { commandId: ack["commandId"], valveId: "v-101", value: true } });
    expect(await wire.next(event("valve.actuation.confirmed"))).toMatchObject({
      commandId: ack["commandId"],
      data: { state: "confirmed" },
    });
    expect(rig.desk.seen[0]).toMatchObject({ command: { asked: "valve.actuate", priority: 8 }, by: { name: "loopback" } });
  });

  it("sockets that have not signed in take no places of those that have, and only a few of their own", async () => {
    const token = `pv.screen.${"s".repeat(43)}`;
    const key = { name: "screen", role: "viewer" as const, hash: `sha256$${digestOf(token)}` };
    const limits = { sessions: 1, signingIn: 3, signingInPerAddress: 2 };
    const server = await start(serverRig({ auth: { loopback: undefined as never, apiKeys: [key] }, options: { limits } }));
    const silent = [await connect(server), await connect(server)];
    await expect(dial(server.url)).rejects.toThrow("503");
    const screen = await connect(server, { authorization: `Bearer ${token}` });
    expect(await screen.next(event("connected"))).toMatchObject({ data: { principal: { name: "screen" } } });
    await expect(dial(server.url, { authorization: `Bearer ${token}` })).rejects.toThrow("503");
    silent[0]?.send({ type: "auth", token });
    expect(await silent[0]?.next(ofType("error"))).toMatchObject({ code: "too-many-sessions" });
    expect((await silent[0]?.closed)?.code).toBe(1013);
  });

  it("takes words, numbers and booleans for a valve's position", async () => {
    const rig = serverRig();
    const wire = await connect(await start(rig));
    wire.send({ type: "valve.actuate", valveId: "v-101", position: "closed" });
    await wire.next(event("valve.actuation.confirmed"));
    expect(rig.desk.seen[0]?.command.act).toEqual({ do: "set", point: "north/v-101/command", value: false });
  });

  it("hands on what the frame says and fills in only the priority: how long it lives is the desk's to know", async () => {
    const rig = serverRig();
    const wire = await connect(await start(rig));
    wire.send({ type: "point.write", point: "north/pump/speed", value: 5, commandId: "mine" });
    wire.send({
      type: "point.write",
      point: "north/pump/speed",
      value: 5,
      priority: 10,
      ttlMs: 1_000,
      reason: "flushing",
      expected: 4,
      expiresAt: "2026-11-20T10:00:05.000250Z",
    });
    for (let i = 0; i < 2; i++) await wire.next(ofType("ack"));
    const act = { do: "set", point: "north/pump/speed", value: 5 };
    expect(rig.desk.seen.map(({ command }) => command)).toEqual([
      { id: "mine", act, asked: "point.write", priority: 8 },
      {
        id: expect.any(String) as string,
        act,
        asked: "point.write",
        priority: 10,
        ttlMs: 1_000,
        reason: "flushing",
        expected: 4,
        expiresAt: rigStart + 5_000_250,
      },
    ]);
  });

  it("tells a recipe to whoever may see one of its points, subscribed or not, and to nobody else", async () => {
    const token = `pv.screen.${"s".repeat(43)}`;
    const key = { name: "screen", role: "viewer" as const, areas: ["south"], hash: `sha256$${digestOf(token)}` };
    const rig = serverRig({ auth: { loopback: "operator", apiKeys: [key] } });
    const server = await start(rig);
    const wire = await connect(server);
    const south = await connect(server, { authorization: `Bearer ${token}` });
    const members = [{ command: "r-1.1", point: "north/pump/speed", stage: 1 }];
    rig.publish({ kind: "operator", act: "recipe.confirmed", by: "ann", data: { recipeId: "r-1", members } });
    rig.publish({ kind: "operator", act: "recipe.failed", by: "ann", data: { recipeId: "r-2", members: [] } });
    expect(await wire.next(event("recipe.confirmed"))).toMatchObject({ commandId: "r-1" });
    expect(await south.next((frame) => JSON.stringify(frame).includes("recipe."))).toMatchObject({ commandId: "r-2" });
  });

  it("tells a recipe's end like a command's", async () => {
    const rig = serverRig();
    const wire = await connect(await start(rig));
    wire.send({ type: "subscribe", patterns: ["**"] });
    await wire.next(ofType("ack"));
    rig.publish({ kind: "operator", act: "recipe.requested", by: "ann", data: { recipeId: "r-1", members: [] } });
    rig.publish({
      kind: "operator",
      act: "recipe.incomplete",
      by: "ann",
      data: { recipeId: "r-1", members: [], message: "p-2 did not come back" },
    });
    expect(await wire.next(event("recipe.requested"))).toMatchObject({ commandId: "r-1", data: { state: "recorded" } });
    expect(await wire.next(event("recipe.incomplete"))).toMatchObject({ commandId: "r-1", data: { state: "failed", code: "incomplete" } });
  });

  it("answers a refusal by a gate with a rejected ack and the terminal event", async () => {
    const rig = serverRig();
    const wire = await connect(await start(rig));
    rig.desk.refuseNext("interlock", "v-101 cannot open: pump p-1 is running (interlock dry-run)");
    wire.send({ type: "point.write", point: "north/pump/speed", value: 5, requestId: "r1" });
    const ack = await wire.next(ofType("ack"));
    expect(ack).toMatchObject({
      status: "rejected",
      code: "interlock",
      requestId: "r1",
      data: { action: "point.write", code: "interlock" },
    });
    const ends = wire.heard.filter(event("command.rejected"));
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ commandId: ack["commandId"], data: { code: "interlock" } });
  });

  it("answers an unknown valve, point or device with a rejected ack and a terminal event, and the desk never hears of it", async () => {
    const rig = serverRig();
    const wire = await connect(await start(rig));
    for (const frame of [
      { type: "valve.actuate", valveId: "v-999" },
      { type: "point.write", point: "nowhere", value: 1 },
      { type: "device.call", device: "nobody", method: "hold" },
    ]) {
      wire.send(frame);
      const ack = await wire.next(ofType("ack"));
      expect(ack).toMatchObject({ status: "rejected", code: "unknown-target" });
      const family = frame.type === "valve.actuate" ? "valve.actuation" : "command";
      expect(await wire.next(event(`${family}.rejected`))).toMatchObject({ commandId: ack["commandId"] });
    }
    expect(rig.desk.seen).toEqual([]);
    expect(rig.audited.filter(({ act }) => act === "refused")).toHaveLength(3);
  });

  it("refuses a write that comes from a screen showing a replay", async () => {
    const rig = serverRig();
    const wire = await connect(await start(rig));
    wire.send({ type: "point.write", point: "north/pump/speed", value: 5, timeline: "m-1" });
    expect(await wire.next(ofType("ack"))).toMatchObject({ status: "rejected", code: "replay-cannot-write" });
    expect(rig.desk.seen).toEqual([]);
  });

  it("says not-available for what is declared and not built", async () => {
    const wire = await connect(await start(serverRig()));
    for (const frame of [
      { type: "alert.resolve", alertId: "a" },
      { type: "detection.ack", detectionId: "d" },
      { type: "lease.take", scope: "north" },
      { type: "mission.branch", missionId: "m", title: "t", modifications: [] },
    ]) {
      wire.send({ ...frame, requestId: frame.type });
      expect(await wire.next(ofType("error"))).toMatchObject({ code: "not-available", requestId: frame.type });
    }
  });

  it("lives on after frames that are not frames", async () => {
    const wire = await connect(await start(serverRig()));
    const bad: [string, string][] = [
      ["not json", "bad-frame"],
      ["[]", "bad-frame"],
      ["null", "bad-frame"],
      ['{"no":"type"}', "bad-frame"],
      ['{"type":"valve.explode"}', "unknown-type"],
      ['{"type":"valve.actuate","valveId":7}', "bad-frame"],
      ['{"type":"valve.actuate","valveId":"v-101","prioirty":8}', "bad-frame"],
      ['{"type":"point.write","point":"north/pump/speed","value":1e999}', "bad-frame"],
      ['{"type":"point.write","point":"north/pump/speed","value":1,"priority":17}', "bad-frame"],
      ['{"type":"mission.seek","missionId":"m","to":"2026-02-31T00:00:00Z"}', "bad-frame"],
      ['{"type":"mission.seek","missionId":"m","to":"1790000000"}', "bad-frame"],
      [`{"type":"device.call","device":"d","method":"m","args":${"[".repeat(500)}${"]".repeat(500)}}`, "too-deep"],
    ];
    for (const [text, code] of bad) {
      wire.send(text);
      expect(await wire.next(ofType("error")), text).toMatchObject({ timeline: "live", code });
    }
    wire.socket.send(Buffer.from([1, 2, 3]));
    expect(await wire.next(ofType("error"))).toMatchObject({ code: "bad-frame" });
    wire.send({ type: "ping", requestId: "still here" });
    expect(await wire.next(ofType("pong"))).toMatchObject({ requestId: "still here" });
  });

  it("names the property that is wrong", async () => {
    const wire = await connect(await start(serverRig()));
    wire.send({ type: "valve.actuate", valveId: "v-101", prioirty: 8 });
    expect(String((await wire.next(ofType("error")))["message"])).toContain("prioirty");
  });

  it("ends a connection that sends a frame of ten megabytes, and only that one", async () => {
    const server = await start(serverRig());
    const [big, other] = [await connect(server), await connect(server)];
    big.send(JSON.stringify({ type: "auth", token: "x".repeat(10_000_000) }));
    expect((await big.closed).code).toBe(1009);
    other.send({ type: "ping" });
    await other.next(ofType("pong"));
  });

  it("answers a flood once, takes frames again after it, and ends one that does not stop", async () => {
    const rig = serverRig({ options: { limits: { framesPerSecond: 10, frameBurst: 20, floodFrames: 500 } } });
    const server = await start(rig);
    const wire = await connect(server);
    for (let i = 0; i < 100; i++) wire.send({ type: "ping" });
    await wire.next((frame) => frame["code"] === "too-many-frames");
    // At once, and not only when whoever does it leaves.
    expect(rig.audited.filter(({ act }) => act === "frames-dropped")).toHaveLength(1);
    const deadline = Date.now() + 5_000;
    while (wire.heard.filter(ofType("pong")).length < 22 && Date.now() < deadline) {
      wire.send({ type: "ping" });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(wire.heard.filter(ofType("pong")).length).toBeGreaterThanOrEqual(22);
    for (let i = 0; i < 2_000; i++) wire.send({ type: "ping" });
    expect((await wire.closed).code).toBe(4429);
    expect(rig.audited.map(({ act }) => act)).toContain("flood");
    await server.close();
    expect(rig.audited.filter(({ act }) => act === "frames-dropped")).toMatchObject([{}, { data: { more: expect.any(Number) as number } }]);
  });

  it("tells link changes and what was worked out to those who watch, with the timeline on every frame", async () => {
    const rig = serverRig();
    const server = await start(rig);
    const [watching, idle] = [await connect(server), await connect(server)];
    watching.send({ type: "subscribe", patterns: ["north/**"] });
    await watching.next(ofType("ack"));
    rig.publish({ kind: "link", adapter: "modbus-1", device: "plc-1", state: "down", reason: "connection reset" });
    expect(await watching.next(ofType("link"))).toMatchObject({ timeline: "live", device: "plc-1", state: "down" });
    rig.publish({ kind: "event", type: "device.telemetry", device: "plc-1", data: { battery: 3 } });
    expect(await watching.next(event("device.telemetry"))).toMatchObject({ data: { deviceId: "plc-1", data: { battery: 3 } } });
    idle.send({ type: "ping" });
    await idle.next(ofType("pong"));
    expect(idle.heard.filter(ofType("link"))).toEqual([]);
    for (const frame of [...watching.heard, ...idle.heard]) expect(typeof frame.timeline).toBe("string");
  });

  it("gives the newest values at once, then what changes, in both forms", async () => {
    const rig = serverRig();
    const server = await start(rig);
    rig.values({ "north/pump/speed": 10, "north/pump/flow": 3.5 });
    const [rows, columns] = [await connect(server), await connect(server)];
    rows.send({ type: "subscribe", patterns: ["north/*/flow"] });
    columns.send({ type: "subscribe", patterns: ["**"], form: "columns", maxRateHz: 50 });
    expect(await rows.next(ofType("samples"))).toMatchObject({
      samples: [{ point: "north/pump/flow", value: 3.5, quality: 0, sourceTime: "2026-11-20T10:00:00.000000Z" }],
    });
    expect(await columns.next(ofType("points"))).toMatchObject({ keys: [1, 2, 3, 4, 5] });
    expect(await columns.next(ofType("columns"))).toMatchObject({ keys: [1, 2], values: [10, 3.5], qualities: [0, 0] });
    rig.advanceMs(10);
    rig.values({ "north/pump/flow": null, "south/robot/battery": 80 }, quality.bad);
    expect(await rows.next(ofType("samples"))).toMatchObject({ samples: [{ value: null, quality: quality.bad }] });
    expect(await columns.next(ofType("columns"))).toMatchObject({ keys: [2, 5], qualities: [128, 128] });
  });

  it("batches what changes within a tick into the newest value", async () => {
    const rig = serverRig();
    const wire = await connect(await start(rig));
    wire.send({ type: "subscribe", patterns: ["north/pump/speed"], maxRateHz: 5 });
    rig.values({ "north/pump/speed": 0 });
    await wire.next(ofType("samples"));
    for (let i = 1; i <= 50; i++) rig.values({ "north/pump/speed": i });
    const frame = await wire.next(ofType("samples"));
    expect(frame["samples"]).toMatchObject([{ value: 50 }]);
  });

  it("relays a mission to those who subscribed to its timeline, under its own id", async () => {
    const rig = serverRig();
    const server = await start(rig);
    const [watching, live] = [await connect(server), await connect(server)];
    watching.send({ type: "mission.create", title: "the leak", from: "2026-11-20T09:00:00Z", to: "2026-11-20T10:00:00Z", requestId: "c" });
    const created = await watching.next(ofType("ack"));
    const id = (created["data"] as { mission: { id: string } }).mission.id;
    watching.send({ type: "subscribe", timeline: id, patterns: ["**"] });
    live.send({ type: "subscribe", patterns: ["**"] });
    await live.next(ofType("ack"));
    await watching.next(ofType("ack"));
    watching.send({ type: "mission.start", missionId: id });
    expect(await live.next(ofType("mission"))).toMatchObject({ timeline: id, mission: { state: "active" } });
    rig.missions.frame({
      timeline: id,
      now: 1_000_000,
      derived: [{ at: 1_000_000, seq: 2, tap: "staleness", subject: "north/pump/speed", state: "stale" }],
      facts: [
        {
          at: 1_000_000,
          seq: 1,
          kind: "samples",
          samples: {
            keys: Uint32Array.of(1),
            values: Float64Array.of(42),
            qualities: Uint8Array.of(0),
            sourceTimes: Float64Array.of(999_000),
            origin: "pushed",
            stream: "modbus-1",
          },
        },
      ],
    });
    expect(await watching.next(ofType("derived"))).toMatchObject({ timeline: id, state: "stale" });
    expect(await watching.next(ofType("timeline"))).toMatchObject({ timeline: id, kind: "replay", now: "1970-01-01T00:00:01.000000Z" });
    expect(await watching.next(ofType("samples"))).toMatchObject({
      timeline: id,
      samples: [{ value: 42, quality: quality.uncertainStale }],
    });
    expect(live.heard.filter(({ type, timeline }) => timeline === id && type !== "mission")).toEqual([]);
  });

  it("refuses a subscription to a timeline that is not there", async () => {
    const wire = await connect(await start(serverRig()));
    wire.send({ type: "subscribe", timeline: "m-77", patterns: ["**"] });
    expect(await wire.next(ofType("ack"))).toMatchObject({ status: "rejected", code: "unknown-timeline" });
  });
});
