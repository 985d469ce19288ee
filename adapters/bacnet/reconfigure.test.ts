import { describe, expect, it, onTestFinished } from "vitest";
import type { AdapterModule, Binding, Connection, DeviceEvent, PushedReading } from "#src/contract/adapter.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { until } from "#test/contract/harness.ts";
import { soon } from "#test/contract/peers/bacnet-link.ts";
import { BacnetPeer } from "#test/contract/peers/bacnet-peer.ts";
import type { DeviceOptions } from "./config.ts";
import { bacnetAdapter } from "./index.ts";

const module: AdapterModule = bacnetAdapter;

async function peerAt(host: string, instance: number, value: number): Promise<BacnetPeer> {
  const peer = await BacnetPeer.start({ instance, name: `device ${instance}` }, host);
  onTestFinished(() => peer.close());
  peer.add("analog-input:1", value);
  peer.add("analog-input:2", value + 1);
  return peer;
}

function point(device: string, address = "ai:1"): Binding {
  return { point: `${device}/${address}`, device, address, kind: "number", writable: false, pollMs: 1_000 };
}

function config(devices: Readonly<Record<string, DeviceOptions>>) {
  return {
    id: "l",
    link: { listen: "127.0.0.1:0", timeoutMs: 200, retries: 1, checkS: 300 },
    devices: Object.entries(devices).map(([id, options]) => ({ id, options, bindings: [point(id)] })),
  };
}

async function connect(devices: Readonly<Record<string, DeviceOptions>>): Promise<Connection> {
  const connection = await module.create(config(devices), realEnv()).connect(soon());
  onTestFinished(() => connection.close());
  return connection;
}

const valueOf = async (connection: Connection, of: Binding) => (await connection.read([of], soon()))[0]!.raw;

describe("a changed configuration", () => {
  it("adds, moves and removes devices while the others go on being heard, asked nothing anew", async () => {
    const [a, b, c] = [await peerAt("127.0.0.4", 7, 10), await peerAt("127.0.0.5", 8, 20), await peerAt("127.0.0.6", 9, 30)];
    const here = (peer: BacnetPeer): DeviceOptions => ({ instance: peer.device.instance, address: peer.address, events: false });
    const connection = await connect({ a: here(a), b: here(b) });
    const heard: PushedReading[] = [];
    await connection.subscribe!([point("a")], (readings) => heard.push(...readings), soon());
    await until(() => heard.length === 1);
    expect(await valueOf(connection, point("b"))).toBe(20);
    // The life check of a device that was just subscribed to has asked by now.
    await until(() => a.device.requests === 2);
    // The device of `b` is another one from now on, and `c` is what it was.
    expect(connection.reconfigure!(config({ a: here(a), b: here(c), c: here(b) }))).toBe(true);
    expect([await valueOf(connection, point("b")), await valueOf(connection, point("c"))]).toEqual([30, 20]);
    expect(connection.reconfigure!(config({ a: here(a), c: here(b) }))).toBe(true);
    await expect(connection.read([point("b")], soon())).rejects.toMatchObject({ code: "bad-address" });
    a.set("analog-input:1", 11);
    await until(() => heard.at(-1)!.raw === 11);
    expect(a.device.requests).toBe(2);
    expect(a.device.cov.size).toBe(1);
  });

  it("a device that moved is looked for at its new place", async () => {
    const [old, fresh] = [await peerAt("127.0.0.4", 7, 10), await peerAt("127.0.0.5", 7, 20)];
    const connection = await connect({ a: { instance: 7, address: old.address, events: false } });
    expect(await valueOf(connection, point("a"))).toBe(10);
    connection.reconfigure!(config({ a: { instance: 7, address: fresh.address, events: false } }));
    expect(await valueOf(connection, point("a"))).toBe(20);
  });

  it("points come and go within a device without its being asked who it is again", async () => {
    const peer = await peerAt("127.0.0.4", 7, 10);
    const options = { instance: 7, address: peer.address, events: false };
    const connection = await connect({ a: options });
    expect(await valueOf(connection, point("a"))).toBe(10);
    const health = () => connection.health!() as { devices: { a: { heard: boolean } }; whoIs: { iAms: number } };
    await until(() => health().devices.a.heard);
    const next = config({ a: options });
    expect(connection.reconfigure!({ ...next, devices: [{ ...next.devices[0]!, bindings: [point("a", "ai:2")] }] })).toBe(true);
    expect(await valueOf(connection, point("a", "ai:2"))).toBe(11);
    expect(health()).toMatchObject({ devices: { a: { heard: true } }, whoIs: { iAms: 1 } });
  });

  it("a device that came tells its alarms, one that went is not listened to", async () => {
    const [a, b] = [await peerAt("127.0.0.4", 7, 10), await peerAt("127.0.0.5", 8, 20)];
    const here = (peer: BacnetPeer): DeviceOptions => ({
      ...{ instance: peer.device.instance, address: peer.address, eventPollS: 0, notificationClasses: [1] },
    });
    const connection = await connect({ a: here(a) });
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    const enrolled = (peer: BacnetPeer) => until(() => peer.device.requests >= 3);
    const raise = (peer: BacnetPeer) => {
      const transition = { object: { type: 0, instance: 1 }, to: 3, eventType: 5 };
      peer.device.events.raise(transition, peer.env.time.now());
    };
    await enrolled(a);
    connection.reconfigure!(config({ b: here(b) }));
    await enrolled(b);
    raise(a);
    raise(b);
    await until(() => events.length > 0 && (connection.health!() as { events: { strangers: number } }).events.strangers > 0);
    expect(events.map(({ device }) => device)).toEqual(["b"]);
  });
});
