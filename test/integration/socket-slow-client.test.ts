import { afterEach, describe, expect, it } from "vitest";
import { configOf } from "#test/fakes/facts.ts";
import { serverRig, type Rig } from "#test/fakes/server-rig.ts";
import { dial, ofType, type Wire } from "#test/fakes/socket.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

const points = 500;

async function connect(url: string, maxRateHz = 50): Promise<Wire> {
  const wire = await dial(url);
  open.push(wire);
  wire.send({ type: "subscribe", patterns: ["**"], form: "columns", maxRateHz });
  await wire.next(ofType("ack"));
  return wire;
}

function publishAll(rig: Rig, value: number): void {
  rig.values(Object.fromEntries(Array.from({ length: points }, (_, i) => [`p-${i + 1}`, value])));
}

/** Publishes rounds until `done`, one per turn of the loop, so that sockets get their say in between. */
async function publishUntil(rig: Rig, done: () => boolean, most: number): Promise<number> {
  let round = 0;
  while (!done() && round < most) {
    publishAll(rig, ++round);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return round;
}

describe("a client that does not read", () => {
  it("is given the newest value of each point when it reads again, and how many were overtaken; others notice nothing", async () => {
    const rig = serverRig({ plant: configOf(points), options: { limits: { slowBytes: 64 * 1024, pingMs: 600_000 } } });
    const server = await rig.listen();
    open.push(server);
    const [slow, quick] = [await connect(server.url), await connect(server.url)];
    slow.socket.pause();
    const before = process.memoryUsage().rss;
    // Far more than its socket and ours hold: what does not fit must be replaced, not kept.
    const rounds = await publishUntil(rig, () => quick.heard.filter(ofType("columns")).length > 400, 5_000);
    const grown = process.memoryUsage().rss - before;
    expect(quick.heard.filter(ofType("overtaken"))).toEqual([]);
    slow.socket.resume();
    const overtaken = await slow.next(ofType("overtaken"), 15_000);
    expect(overtaken["count"]).toBeGreaterThan(0);
    const last = slow.heard.filter(ofType("columns")).at(-1) as unknown as { keys: number[]; values: number[] };
    expect(last.keys).toHaveLength(points);
    expect(new Set(last.values)).toEqual(new Set([rounds]));
    expect(slow.heard.filter(ofType("columns")).length).toBeLessThan(quick.heard.filter(ofType("columns")).length);
    expect(grown).toBeLessThan(256 * 1024 * 1024);
  });

  it("is ended only past the stated bound: when even events no longer get through", async () => {
    const rig = serverRig({
      plant: configOf(points),
      options: { limits: { slowBytes: 64 * 1024, endBytes: 512 * 1024, pingMs: 600_000 } },
    });
    const server = await rig.listen();
    open.push(server);
    const [slow, quick] = [await connect(server.url, 10), await connect(server.url, 10)];
    slow.socket.pause();
    const status = async (): Promise<number> =>
      ((await (await fetch(`${server.url}/ws/status`)).json()) as { connectedClients: number }).connectedClients;
    expect(await status()).toBe(2);
    let connected = 2;
    for (let round = 0; connected === 2 && round < 2_000; round++) {
      for (let i = 0; i < 20; i++)
        rig.publish({ kind: "event", type: "device.telemetry", device: "device-1", data: { pad: "x".repeat(2_000) } });
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (round % 20 === 0) connected = await status();
    }
    expect(connected).toBe(1);
    quick.send({ type: "ping", requestId: "lives" });
    await quick.next((frame) => frame["requestId"] === "lives");
  });

  it("is ended when it gives no sign of life to three pings", async () => {
    const rig = serverRig({ options: { limits: { pingMs: 100 } } });
    const server = await rig.listen();
    open.push(server);
    const half = await dial(server.url);
    open.push(half);
    const healthy = await dial(server.url);
    open.push(healthy);
    half.socket.pause();
    const deadline = Date.now() + 10_000;
    let connected = 2;
    while (connected === 2 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      connected = ((await (await fetch(`${server.url}/ws/status`)).json()) as { connectedClients: number }).connectedClients;
    }
    expect(connected).toBe(1);
    healthy.send({ type: "ping" });
    await healthy.next(ofType("pong"));
  });
});
