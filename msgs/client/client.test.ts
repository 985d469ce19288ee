import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Sample } from "../sample.ts";
import { serverRig, type Rig } from "#test/fakes/server-rig.ts";
import { openClient, ClientError, type Client, type ClientOptions } from "./client.ts";
import type { SocketLike } from "./options.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

function clientOf(url: string, more: Partial<ClientOptions> = {}): { client: Client; sockets: WebSocket[] } {
  const sockets: WebSocket[] = [];
  const client = openClient({
    url,
    socket(to) {
      const socket = new WebSocket(to);
      sockets.push(socket);
      return socket as unknown as SocketLike;
    },
    fetch: (to, init) => fetch(to, init),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    ...more,
  });
  open.push(client);
  return { client, sockets };
}

async function start(rig: Rig = serverRig()): Promise<{ rig: Rig; url: string }> {
  const server = await rig.listen();
  open.push(server);
  return { rig, url: server.url };
}

/** Resolves with the first batch that satisfies `is`. */
function samplesOf(client: Client, is: (sample: Sample) => boolean): Promise<Sample> {
  return new Promise((resolve) => {
    client.on("samples", ({ samples }) => {
      const found = samples.find(is);
      if (found) resolve(found);
    });
  });
}

describe("the typed client", () => {
  it("hears samples whatever form the wire used", async () => {
    const { rig, url } = await start();
    rig.values({ "north/pump/flow": 3.5 });
    const { client } = clientOf(url);
    client.subscribe({ patterns: ["north/**"] });
    const sample = await samplesOf(client, ({ point }) => point === "north/pump/flow");
    expect(sample).toEqual({
      point: "north/pump/flow",
      value: 3.5,
      quality: 0,
      sourceTime: rig.services.timeline.clock.now(),
      at: rig.services.timeline.clock.now(),
    });
  });

  it("writes and waits for the end", async () => {
    const { url } = await start();
    const { client } = clientOf(url);
    await client.opened();
    const { ack, end } = await client.command({ type: "point.write", point: "north/pump/speed", value: 4 });
    expect(ack.status).toBe("success");
    expect(await end).toMatchObject({ state: "confirmed", commandId: ack.commandId });
  });

  it("sends the timeline its screen shows with every write, and the gateway refuses a replay's", async () => {
    const { rig, url } = await start();
    const { client } = clientOf(url);
    await client.opened();
    client.timeline = "m-1";
    const { ack, end } = await client.command({ type: "point.write", point: "north/pump/speed", value: 4 });
    expect(ack).toMatchObject({ status: "rejected", code: "replay-cannot-write" });
    expect(await end).toMatchObject({ state: "rejected" });
    expect(rig.desk.seen).toEqual([]);
  });

  it("rejects with the gateway's code when a frame cannot be used", async () => {
    const { url } = await start();
    const { client } = clientOf(url);
    await client.opened();
    const sent = client.request({ type: "point.write", point: "north/pump/speed", value: 1, priority: 99 });
    await expect(sent).rejects.toMatchObject({ name: "ClientError", code: "bad-frame" });
  });

  it("dials again after the line is cut, subscribes again and learns the end it missed", async () => {
    const { rig, url } = await start();
    rig.desk.ends = "by hand";
    const { client, sockets } = clientOf(url, { random: () => 0 });
    client.subscribe({ patterns: ["north/pump/flow"] });
    await client.opened();
    const { commandId, end } = await client.command({ type: "point.write", point: "north/pump/speed", value: 4 });
    sockets[0]?.terminate();
    await new Promise<void>((resolve) => client.on("state", ({ state }) => state === "waiting" && resolve()));
    rig.desk.tell(commandId, "confirmed");
    rig.values({ "north/pump/flow": 9 });
    const again = samplesOf(client, ({ value }) => value === 9);
    expect(await end).toMatchObject({ commandId, state: "confirmed" });
    expect((await again).value).toBe(9);
    expect(sockets).toHaveLength(2);
  });

  it("rejects what was asked when the line is cut, and does not send it again", async () => {
    const { rig, url } = await start();
    const { client, sockets } = clientOf(url);
    await client.opened();
    const asked = client.request({ type: "point.write", point: "north/pump/speed", value: 4 });
    sockets[0]?.terminate();
    await expect(asked).rejects.toMatchObject({ code: "link-lost" });
    await client.opened();
    expect(rig.desk.seen.length).toBeLessThanOrEqual(1);
  });

  it("notices a gateway that is silent and dials anew", async () => {
    const { url } = await start();
    const { client, sockets } = clientOf(url, { aliveEveryMs: 50, random: () => 0 });
    await client.opened();
    // Whatever the gateway says no longer arrives, as on a half-open line.
    sockets[0]?.removeAllListeners("message");
    await new Promise<void>((resolve) =>
      client.on("state", ({ state, why }) => state === "waiting" && why?.includes("no sign of life") && resolve()),
    );
  });

  it("speaks HTTP with typed answers and refusals", async () => {
    const { url } = await start();
    const { client } = clientOf(url);
    expect((await client.http.points()).map(({ id }) => id)).toContain("north/pump/speed");
    expect(await client.http.point("north/pump/speed")).toMatchObject({ unit: "1/min", writable: true });
    expect(await client.http.command({ type: "point.write", point: "north/pump/speed", value: 3 }, 2_000)).toMatchObject({
      state: "confirmed",
    });
    const unknown = client.http.point("nowhere");
    await expect(unknown).rejects.toBeInstanceOf(ClientError);
    await expect(unknown).rejects.toMatchObject({ code: "unknown-point", status: 404 });
  });

  it("closes for good", async () => {
    const { url } = await start();
    const { client } = clientOf(url);
    await client.opened();
    client.close();
    await expect(client.opened()).rejects.toMatchObject({ code: "closed" });
  });
});
