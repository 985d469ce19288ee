import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BareSocket, GatewayProcess } from "#test/fakes/gateway-process.ts";
import { bareSocket, eventually, trySite } from "#test/fakes/gateway-process.ts";

// The demo's building behind a real gateway: BBMD, router, priority arrays in the devices, and what becomes of them.

interface Latest {
  readonly value: number | null;
  readonly quality: number;
}
interface Override {
  readonly point: string;
  readonly priority: number;
  readonly value: number;
  readonly by: string;
}

const site = trySite();
let gateway: GatewayProcess;
let socket: BareSocket;

beforeAll(async () => {
  gateway = await site.start();
  socket = await bareSocket(gateway.socketUrl);
  for (const point of ["vav-1/setpoint", "vav-3/setpoint"]) await eventually(async () => (await latestOf(point)).quality === 0);
});
afterAll(async () => {
  socket.close();
  await gateway.stop();
  site.remove();
});

describe("a building on BACnet", () => {
  it("is up with good values, the boxes behind the router too", async () => {
    const points = await gateway.json<{ id: string; latest?: Latest }[]>("/points");
    const building = points.filter(({ id }) => /^(ahu-1|vav-\d)\//.test(id));
    expect(building).toHaveLength(44);
    await eventually(async () => {
      const all = await Promise.all(building.map(({ id }) => latestOf(id)));
      return all.every(({ quality }) => quality === 0);
    });
  });

  it("confirms a write, masks one beneath it and names the slot, and gives back what is released", async () => {
    const before = (await latestOf("vav-1/setpoint")).value;
    expect(await ended({ type: "point.write", point: "vav-1/setpoint", value: 22.5, reason: "test" })).toMatchObject({
      type: "command.confirmed",
      observed: { point: "vav-1/setpoint", value: 22.5 },
    });
    const beneath = { type: "point.write", point: "vav-1/setpoint", value: 19, priority: 9, reason: "test" };
    expect(await ended(beneath)).toMatchObject({ type: "command.masked", heldBy: { priority: 8, value: 22.5 } });
    expect(await overridesOf("vav-1/setpoint")).toMatchObject([{ priority: 8, value: 22.5 }]);
    expect(await ended({ type: "point.release", point: "vav-1/setpoint" })).toMatchObject({ type: "command.confirmed" });
    await eventually(async () => (await latestOf("vav-1/setpoint")).value === 19);
    expect(await ended({ type: "point.release", point: "vav-1/setpoint", priority: 9 })).toMatchObject({ type: "command.confirmed" });
    await eventually(async () => (await latestOf("vav-1/setpoint")).value === before);
    expect(await overridesOf("vav-1/setpoint")).toEqual([]);
  });

  it("shows a box that is off as bad, and what its slots lost when it is back", async () => {
    socket.send({ type: "subscribe", patterns: ["vav-3/**"] });
    await ended({ type: "point.write", point: "vav-3/setpoint", value: 23, reason: "test" });
    expect(await overridesOf("vav-3/setpoint")).toHaveLength(1);
    await fault({ target: "vav-3", kind: "device-off" });
    await eventually(async () => (await latestOf("vav-3/setpoint")).quality >= 128);
    expect((await latestOf("vav-3/setpoint")).value).toBeNull();
    expect((await latestOf("vav-4/setpoint")).quality).toBe(0);
    await fault({ target: "vav-3", kind: "device-off", on: false });
    await eventually(async () => (await latestOf("vav-3/setpoint")).quality === 0);
    await eventually(async () => (await overridesOf("vav-3/setpoint")).length === 0);
    await socket.heard(({ data }) => data?.["type"] === "slot.lost" && data["deviceId"] === "vav-3");
  });
});

/** Sends one command and waits for its end. */
async function ended(command: { type: string; [field: string]: unknown }): Promise<Readonly<Record<string, unknown>>> {
  const from = socket.frames.length;
  socket.send(command);
  const ack = await socket.heard((frame) => frame.data?.["action"] === command.type && socket.frames.indexOf(frame) >= from);
  expect(ack).toMatchObject({ status: "success" });
  const end = await socket.heard(
    ({ type, commandId, data }) => type === "event" && commandId === ack.commandId && ends.has(String(data?.["type"])),
  );
  return end.data ?? {};
}

const ends = new Set(["confirmed", "masked", "mismatch", "failed", "unknown", "expired", "cancelled"].map((end) => `command.${end}`));

async function latestOf(point: string): Promise<Latest> {
  return (await gateway.json<{ latest: Latest }>(`/points/${point}`)).latest;
}

async function overridesOf(point: string): Promise<readonly Override[]> {
  return (await gateway.json<Override[]>("/overrides")).filter((override) => override.point === point);
}

async function fault(request: object): Promise<void> {
  const door = gateway.said.map((line) => /--demo-url (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]).find(Boolean);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${door ?? "http://127.0.0.1:4010"}/fault`, { method: "POST", headers, body: JSON.stringify(request) });
  if (!answer.ok) throw new Error(`the plant refused the fault: ${await answer.text()}`);
}
