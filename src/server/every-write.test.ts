import { afterEach, describe, expect, it } from "vitest";
import { serverRig } from "#test/fakes/server-rig.ts";
import { dial, ofType } from "#test/fakes/socket.ts";
import { isMissionFrame, isWriteFrame, clientFrameTypes, type ClientFrameType } from "#msgs/wire/frame-types.ts";
import type { ControlFrame, Server } from "./services.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** One of every frame that can write; a frame type that is missing here does not compile. */
const frames: { readonly [T in Exclude<ClientFrameType, "auth" | "subscribe" | "unsubscribe" | "ping">]: object } = {
  "valve.actuate": { valveId: "v-101", position: "open" },
  "point.write": { point: "north/pump/speed", value: 1 },
  "point.release": { point: "north/pump/speed" },
  "device.call": { device: "roustabout-01", method: "hold" },
  "recipe.apply": { steps: [{ point: "north/pump/speed", value: 1 }] },
  "command.cancel": { commandId: "c-1" },
  "command.release": { commandId: "c-1" },
  "command.select": { point: "north/pump/speed" },
  "overrides.release": { confirm: true },
  "lease.take": { scope: "north" },
  "lease.renew": { leaseId: "l" },
  "lease.hand-over": { leaseId: "l", to: "bob" },
  "lease.release": { leaseId: "l" },
  "alert.resolve": { alertId: "a" },
  "detection.ack": { detectionId: "d" },
  "mission.create": { title: "t", from: "2026-11-20T09:00:00Z", to: "2026-11-20T10:00:00Z" },
  "mission.start": { missionId: "m-1" },
  "mission.pause": { missionId: "m-1" },
  "mission.resume": { missionId: "m-1" },
  "mission.stop": { missionId: "m-1" },
  "mission.setspeed": { missionId: "m-1", speed: 2 },
  "mission.seek": { missionId: "m-1", to: "2026-11-20T09:30:00Z" },
  "mission.branch": { missionId: "m-1", title: "t", modifications: [] },
};
/** What ends in exactly one act of the desk. */
const commandFrames = ["valve.actuate", "point.write", "point.release", "device.call"] as const;

/** Every route that says it writes, with a body that passes its schema, and the right it asks for. */
const routes: Readonly<Record<string, { body?: object; right: "command" | "missions" | "administer" | "open" | "read" }>> = {
  "POST /commands": { body: { point: "north/pump/speed", value: 1 }, right: "command" },
  "POST /commands/:id/cancel": { right: "command" },
  "POST /ros2/nodes/:id/command": { body: { command: "hold" }, right: "command" },
  "POST /reload": { right: "command" },
  "POST /alarms/:id/ack": { right: "command" },
  "POST /alarms/:id/shelve": { right: "command" },
  "POST /alarms/:id/unshelve": { right: "command" },
  "POST /alarms/:id/resolve": { right: "command" },
  "POST /missions": { body: { title: "t", type: "replay", from: "2026-11-20T09:00:00Z", to: "2026-11-20T10:00:00Z" }, right: "missions" },
  "POST /missions/:id/start": { right: "missions" },
  "POST /missions/:id/pause": { right: "missions" },
  "POST /missions/:id/resume": { right: "missions" },
  "POST /missions/:id/stop": { right: "missions" },
  "POST /missions/:id/setspeed": { body: { speed: 2 }, right: "missions" },
  "POST /missions/:id/seek": { body: { to: "2026-11-20T09:30:00Z" }, right: "missions" },
  "POST /missions/:id/branch": { body: { title: "t", modifications: [] }, right: "missions" },
  "POST /incidents": { body: { title: "t", from: "2026-11-20T09:00:00Z", to: "2026-11-20T10:00:00Z" }, right: "missions" },
  "POST /auth/users": { body: { name: "bob", password: "a long pass phrase", role: "viewer" }, right: "administer" },
  "DELETE /auth/users/:id": { right: "administer" },
  "POST /auth/keys": { body: { name: "k", role: "viewer" }, right: "administer" },
  "DELETE /auth/keys/:id": { right: "administer" },
  // These change only the caller's own sign-in, or ask for a secret in their body.
  "POST /auth/sign-in": { body: { name: "x", password: "y" }, right: "open" },
  "POST /auth/first-admin": { body: { token: "x", name: "x", password: "0123456789" }, right: "open" },
  "POST /auth/sign-out": { right: "read" },
  "DELETE /auth/sessions/:id": { right: "read" },
};

async function listRoutes(): Promise<string[]> {
  const { app, close } = await serverRig().build();
  await app.ready();
  const listed: string[] = [];
  // Fastify's own tree is the witness: it has what was registered, whatever our tables say.
  for (const line of app.printRoutes({ commonPrefix: false, includeHooks: false }).split("\n")) listed.push(line);
  await close();
  return listed;
}

describe("every way to write", () => {
  it("is in these tables: no frame and no route writes beside them", async () => {
    const writing = clientFrameTypes.filter((type) => isWriteFrame({ type }) || isMissionFrame({ type }));
    expect(new Set(writing)).toEqual(new Set(Object.keys(frames)));
    const verbs = (await listRoutes()).filter((line) => /\((?:[A-Z, ]*)(POST|PUT|PATCH|DELETE)/.test(line));
    const named = verbs.map((line) => /(\/?\S+) \(/.exec(line)?.[1]);
    expect(named.length).toBeGreaterThan(0);
    const { app, close } = await serverRig().build();
    await app.ready();
    const found = Object.keys(routes).filter((route) => {
      const [method = "", url = ""] = route.split(" ");
      return app.hasRoute({ method: method as "POST", url });
    });
    await close();
    expect(found).toEqual(Object.keys(routes));
    expect(
      verbs.flatMap((line) => /\(([A-Z, ]+)\)/.exec(line)?.[1]?.split(", ") ?? []).filter((verb) => /POST|PUT|PATCH|DELETE/.test(verb)),
    ).toHaveLength(Object.keys(routes).length);
  });

  it("asks for a right, and refuses a viewer with 403 and nothing reaching the desk", async () => {
    const rig = serverRig({ auth: { loopback: "viewer" } });
    const { app, close } = await rig.build();
    open.push({ close });
    for (const [route, { body, right }] of Object.entries(routes)) {
      const [method = "", path = ""] = route.split(" ");
      if (right === "open" || right === "read") continue;
      const url = path.replace(":id", path.startsWith("/ros2") ? "roustabout-01" : "m-1");
      const answer = await app.inject({ method: method as "POST", url, headers: { host: "localhost" }, ...(body && { payload: body }) });
      expect([route, answer.statusCode]).toEqual([route, 403]);
    }
    expect(rig.desk.seen).toEqual([]);
    expect(rig.desk.cancelled).toEqual([]);
    expect(rig.missions.list()).toEqual([]);
  });

  it("asks for a sign-in first: without one each route answers 401", async () => {
    const { app, close } = await serverRig({ auth: { loopback: undefined as never } }).build();
    open.push({ close });
    for (const [route, { body, right }] of Object.entries(routes)) {
      const [method = "", path = ""] = route.split(" ");
      if (right === "open") continue;
      const answer = await app.inject({
        method: method as "POST",
        url: path.replace(":id", "m-1"),
        headers: { host: "localhost" },
        ...(body && { payload: body }),
      });
      expect([route, answer.statusCode]).toEqual([route, 401]);
    }
  });

  it("frames of a viewer are rejected, and nothing reaches the desk, the missions or the control acts", async () => {
    const acted: string[] = [];
    const rig = serverRig({ auth: { loopback: "viewer" }, services: { control: controlActs(acted) } });
    const server = await rig.listen();
    open.push(server);
    const wire = await dial(server.url);
    open.push(wire);
    for (const [type, frame] of Object.entries(frames)) {
      wire.send({ type, ...frame, requestId: type });
      expect(await wire.next((heard) => heard["requestId"] === type), type).toMatchObject({
        type: "ack",
        status: "rejected",
        code: "no-right",
      });
    }
    expect([rig.desk.seen, rig.desk.cancelled, rig.missions.list(), acted]).toEqual([[], [], [], []]);
  });

  it("goes through the desk: each command frame and each command route is one submit", async () => {
    const rig = serverRig();
    const server: Server = await rig.listen();
    open.push(server);
    const wire = await dial(server.url);
    open.push(wire);
    for (const [n, type] of commandFrames.entries()) {
      wire.send({ type, ...frames[type] });
      expect(await wire.next(ofType("ack"))).toMatchObject({ status: "success" });
      expect(rig.desk.seen).toHaveLength(n + 1);
      expect(rig.desk.seen.at(-1)?.command.asked).toBe(type);
    }
    const before = rig.desk.seen.length;
    for (const [path, body] of [
      ["/commands", { point: "north/pump/speed", value: 1 }],
      ["/ros2/nodes/roustabout-01/command", { command: "hold" }],
    ] as const) {
      await fetch(`${server.url}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    }
    expect(rig.desk.seen).toHaveLength(before + 2);
  });

  it("hands leases, recipes, selection and second persons to the desk's side, each exactly once", async () => {
    const acted: string[] = [];
    const rig = serverRig({ services: { control: controlActs(acted) } });
    const server = await rig.listen();
    open.push(server);
    const wire = await dial(server.url);
    open.push(wire);
    for (const type of controlTypes) {
      wire.send({ type, ...frames[type], requestId: type });
      expect(await wire.next((heard) => heard["requestId"] === type)).toMatchObject({ status: "success" });
    }
    expect(acted).toEqual(controlTypes);
  });

  it("records what the desk's side refuses, and tells the end of a recipe that it never saw", async () => {
    const refusal = { status: "rejected", code: "unknown-recipe", message: "there is no such recipe", unseen: true } as const;
    const rig = serverRig({ services: { control: { handles: new Set(controlTypes), act: () => refusal } } });
    const server = await rig.listen();
    open.push(server);
    const wire = await dial(server.url);
    open.push(wire);
    wire.send({ type: "recipe.apply", recipe: "start-up", commandId: "r-1" });
    expect(await wire.next((heard) => heard["type"] === "ack")).toMatchObject({ status: "rejected", commandId: "r-1" });
    expect(await wire.next((heard) => heard["commandId"] === "r-1")).toMatchObject({ data: { type: "recipe.rejected" } });
    wire.send({ type: "lease.take", scope: "north/pump/speed", requestId: "l" });
    expect(await wire.next((heard) => heard["requestId"] === "l")).toMatchObject({ status: "rejected" });
    expect(rig.audited.filter(({ act }) => act === "refused").map(({ data }) => data["asked"])).toEqual(["recipe.apply", "lease.take"]);
  });
});

const controlTypes = [
  "recipe.apply",
  "command.release",
  "command.select",
  "overrides.release",
  "lease.take",
  "lease.renew",
  "lease.hand-over",
  "lease.release",
] as const satisfies readonly ControlFrame["type"][];

function controlActs(acted: string[]) {
  return {
    handles: new Set<ControlFrame["type"]>(controlTypes),
    act(frame: ControlFrame) {
      acted.push(frame.type);
      return { status: "success" as const };
    },
  };
}
