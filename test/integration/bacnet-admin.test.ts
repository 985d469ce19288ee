import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayProcess } from "#test/fakes/gateway-process.ts";
import { bareSocket, eventually, trySite } from "#test/fakes/gateway-process.ts";

// What takes a device out of service goes through a running gateway, and so does a site file that changed under it.

interface Ended {
  readonly state?: string;
  readonly code?: string;
  readonly message?: string;
}
interface DeviceOfBuilding {
  readonly id: string;
  readonly adapter: string;
  readonly state: string;
  readonly since: string;
  readonly link: { readonly counters: { readonly connects: number } };
}

const adminKey = `pv.caretaker.${"k".repeat(43)}`;
const admin = { authorization: `Bearer ${adminKey}` };
const calls = "calls: [read-events, acknowledge, device-communication-control, reinitialize]";
const site = trySite((text) =>
  text
    .replace(
      /^ {2}loopback: operator$/m,
      `  loopback: operator\n  apiKeys:\n    - { name: caretaker, role: admin, hash: ${hashOf(adminKey)} }`,
    )
    .replace(/^( +)instance: "\{n\+2010\}"$/m, `$&\n$1${calls}`),
);
let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await site.start();
  for (const box of [1, 2, 3, 4]) await eventually(async () => (await latestOf(`vav-${box}/setpoint`)).quality === 0);
});
afterAll(async () => {
  await gateway.stop();
  site.remove();
});

describe("restarting and silencing a device", () => {
  it.each([
    ["reinitialize", { kind: "warmstart" }],
    ["device-communication-control", { state: "disable", minutes: 1 }],
  ])("%s is refused to an operator, and nothing of it reaches the device", async (method, args) => {
    const answer = await post({ type: "device.call", device: "vav-2", method, args });
    expect(answer).toMatchObject({ state: "rejected", code: "no-right" });
    await write("vav-2/setpoint", 21.5);
    expect((await latestOf("vav-2/setpoint")).value).toBe(21.5);
  });

  it("an administrator restarts it; it is listened to again and its slots are read again", async () => {
    const socket = await bareSocket(gateway.socketUrl);
    socket.send({ type: "subscribe", patterns: ["vav-3/**"] });
    expect(await write("vav-3/setpoint", 23)).toMatchObject({ state: "confirmed" });
    expect(await overridesOf("vav-3/setpoint")).toHaveLength(1);
    expect(await post({ type: "device.call", device: "vav-3", method: "reinitialize", args: { kind: "coldstart" } }, admin)).toMatchObject({
      state: "confirmed",
    });
    // The slots of this box do not outlive its restart, and nobody but the array itself tells.
    await socket.heard(({ data }) => data?.["type"] === "slot.lost" && data["deviceId"] === "vav-3");
    await eventually(async () => (await overridesOf("vav-3/setpoint")).length === 0);
    // Nothing is polled here: what is shown from now on was told by a subscription made after the restart.
    expect(await write("vav-3/setpoint", 20.5)).toMatchObject({ state: "confirmed" });
    await eventually(async () => (await latestOf("vav-3/setpoint")).value === 20.5);
    socket.close();
  });

  it("an administrator silences it for a while, which shows, and lets it speak again", async () => {
    const control = (args: object) => post({ type: "device.call", device: "vav-2", method: "device-communication-control", args }, admin);
    expect(await control({ state: "disable" })).toMatchObject({ message: expect.stringContaining("needs an end") as string });
    expect(await control({ state: "disable", minutes: 1 })).toMatchObject({ state: "confirmed" });
    await eventually(async () => (await latestOf("vav-2/setpoint")).quality >= 128);
    expect((await latestOf("vav-1/setpoint")).quality).toBe(0);
    expect(await control({ state: "enable" })).toMatchObject({ state: "confirmed" });
    await eventually(async () => (await latestOf("vav-2/setpoint")).quality === 0);
  });
});

describe("an alarm of a device", () => {
  it("is recorded, held at the device, and acknowledged there through the desk", async () => {
    const socket = await bareSocket(gateway.socketUrl);
    socket.send({ type: "subscribe", patterns: ["vav-1/**"] });
    await fault({ target: "zone-1/temperature", kind: "sensor-offset", by: 40 });
    await socket.heard(({ data }) => data?.["type"] === "bacnet.event" && data["deviceId"] === "vav-1", 30_000);
    const acknowledge = () =>
      post({ type: "device.call", device: "vav-1", method: "acknowledge", args: { object: "analog-input:1", by: "Ada" } });
    expect(await acknowledge()).toMatchObject({ state: "confirmed" });
    // The device keeps it: there is nothing left that waits.
    expect(await acknowledge()).toMatchObject({ state: "failed", message: expect.stringContaining("nothing of analog-input:1") as string });
    await fault({ target: "zone-1/temperature", kind: "sensor-offset", on: false });
    socket.close();
  });
});

describe("a site file that changed", () => {
  it("takes a box away and gives another a point, and the link and the other boxes go on", async () => {
    const before = await building();
    const text = readFileSync(site.file, "utf8");
    const box = text.slice(text.indexOf("id: vav-{n}"));
    const changed = box
      .replace("n: 1..4", "n: 1..3")
      .replace(
        "        points:\n",
        "        points:\n          - id: name\n            address: analog-value:1/object-name\n            kind: text\n",
      );
    writeFileSync(site.file, text.replace(box, changed));
    const answer = await fetch(`${gateway.url}/reload`, {
      method: "POST",
      headers: { ...admin, "content-type": "application/json" },
      body: "{}",
    });
    expect([answer.status, await answer.text()]).toMatchObject([200, expect.anything()]);
    await eventually(
      async () => (await gateway.json<{ latest: { value: unknown } }>("/points/vav-1/name")).latest.value === "zone-1.setpoint",
    );
    const after = await building();
    expect([...after.keys()].sort()).toEqual(["ahu-1", "vav-1", "vav-2", "vav-3"]);
    // The air-handling unit did not change: it has been up since it was, over the link that was opened when the gateway began.
    expect(after.get("ahu-1")).toMatchObject({ state: "up", since: before.get("ahu-1")!.since, link: { counters: { connects: 1 } } });
    expect(await write("vav-1/setpoint", 22)).toMatchObject({ state: "confirmed" });
  });
});

async function fault(request: object): Promise<void> {
  const door = gateway.said.map((line) => /--demo-url (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]).find(Boolean);
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) };
  const answer = await fetch(`${door ?? "http://127.0.0.1:4010"}/fault`, init);
  if (!answer.ok) throw new Error(`the plant refused the fault: ${await answer.text()}`);
}

function hashOf(key: string): string {
  return `sha256$${createHash("sha256").update(key).digest("base64url")}`;
}

async function building(): Promise<ReadonlyMap<string, DeviceOfBuilding>> {
  const all = await gateway.json<DeviceOfBuilding[]>("/devices");
  return new Map(all.filter(({ adapter }) => adapter === "building").map((device) => [device.id, device]));
}

function write(point: string, value: number): Promise<Ended> {
  return post({ point, value, reason: "test" });
}

async function post(body: object, headers: Record<string, string> = {}): Promise<Ended> {
  const init = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
  return (await (await fetch(`${gateway.url}/commands?wait=20000`, init)).json()) as Ended;
}

async function latestOf(point: string): Promise<{ readonly value: unknown; readonly quality: number }> {
  return (await gateway.json<{ latest: { value: unknown; quality: number } }>(`/points/${point}`)).latest;
}

async function overridesOf(point: string): Promise<readonly unknown[]> {
  return (await gateway.json<{ point: string }[]>("/overrides")).filter((override) => override.point === point);
}
