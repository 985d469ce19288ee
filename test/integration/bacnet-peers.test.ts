import type * as BacnetLibrary from "@bacnet-js/client";
import { createSocket } from "node:dgram";
import { createRequire } from "node:module";
import { describe, expect, it, onTestFinished } from "vitest";
import { confirmed } from "#adapters/bacnet/wire/services/choices.ts";
import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import type { AdapterModule } from "#src/contract/adapter.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { until } from "#test/contract/harness.ts";
import { talkative } from "#test/contract/peers/bacnet-link.ts";

// The library is CommonJS with a default export, which an import of it would wrap once more.
const { default: Library } = createRequire(import.meta.url)("@bacnet-js/client") as typeof BacnetLibrary.default;

describe("a client nobody here wrote (@bacnet-js/client)", () => {
  async function client(): Promise<InstanceType<typeof Library>> {
    const one = new Library({ apduTimeout: 2_000, port: await freePort("127.0.0.1"), interface: "127.0.0.1" });
    one.on("error", () => undefined);
    onTestFinished(() => one.close());
    await new Promise<void>((resolve) => one.once("listening", () => resolve()));
    return one;
  }

  it("finds our device, reads one and many of its properties", async () => {
    const peer = await talkative();
    const library = await client();
    const address = { address: peer.address };
    const heard: unknown[] = [];
    library.on("iAm", (iAm: { payload: unknown }) => heard.push(iAm.payload));
    library.whoIs(address, { lowLimit: 4242, highLimit: 4242 });
    await until(() => heard.length === 1);
    expect(heard[0]).toMatchObject({ deviceId: 4242, maxApdu: 1476, segmentation: 0 });
    const { values } = await library.readProperty(address, { type: 8, instance: 4242 }, 77);
    expect(values).toMatchObject([{ type: 7, value: "Lüftung" }]);
    const many = await library.readPropertyMultiple(address, [
      { objectId: { type: 0, instance: 1 }, properties: [85, 111, 117].map((id) => ({ id, index: 0xffff_ffff })) },
    ]);
    expect(JSON.stringify(many)).toContain('"value":21.5');
    expect(JSON.stringify(many)).toContain('"value":62');
  });

  it("commands, releases, and reads the sixteen slots back", async () => {
    const peer = await talkative();
    const library = await client();
    const address = { address: peer.address };
    const output = { type: 1, instance: 1 };
    await library.writeProperty(address, output, 85, [{ type: 4, value: 70 }], { priority: 8 });
    await library.writeProperty(address, output, 85, [{ type: 4, value: 30 }], { priority: 12 });
    const slots = await library.readProperty(address, output, 87);
    expect(slots.values.map(({ value }: { value: unknown }) => value)).toEqual([
      ...new Array(7).fill(null),
      70,
      null,
      null,
      null,
      30,
      ...new Array(4).fill(null),
    ]);
    await library.writeProperty(address, output, 85, [{ type: 0, value: null }], { priority: 8 });
    expect(peer.values.get("analog-output:1")).toBe(30);
    await expect(library.readProperty(address, output, 4711)).rejects.toThrow(/32/);
  });

  it("hears of changes it has subscribed to", async () => {
    const peer = await talkative();
    const library = await client();
    const heard: { payload: unknown }[] = [];
    library.on("covNotifyUnconfirmed", (notification: { payload: unknown }) => heard.push(notification));
    await library.subscribeCov({ address: peer.address }, { type: 0, instance: 1 }, 9, false, false, 60);
    await until(() => heard.length === 1);
    peer.set("analog-input:1", 21.6);
    peer.set("analog-input:1", 25);
    await until(() => heard.length === 2);
    expect(JSON.stringify(heard[1]!.payload)).toContain('"value":25');
  });
});

describe("a device nobody here wrote (the same library answering)", () => {
  it("is read and commanded, property by property as it knows no more", async () => {
    const port = await freePort("127.0.0.7");
    const library = new Library({ apduTimeout: 2_000, port, interface: "127.0.0.7" });
    onTestFinished(() => library.close());
    await new Promise<void>((resolve) => library.once("listening", () => resolve()));
    const written: unknown[] = [];
    library.on("readProperty", ({ header, invokeId, payload: { objectId, property } }) => {
      if (!header || invokeId === undefined) return;
      if (property.id !== 85) return library.errorResponse(header.sender, confirmed.readProperty, invokeId, 2, 32);
      library.readPropertyResponse(header.sender, invokeId, objectId, property, [{ type: 4, value: objectId.instance + 0.5 }]);
    });
    library.on("writeProperty", ({ header, invokeId, payload }) => {
      if (!header || invokeId === undefined) return;
      written.push(payload.value);
      library.simpleAckResponse(header.sender, confirmed.writeProperty, invokeId);
    });
    library.on("error", () => undefined);
    const config = {
      id: "l",
      link: { listen: "127.0.0.1:0", timeoutMs: 500 },
      devices: [{ id: "d", options: { instance: 1, address: `127.0.0.7:${port}`, readMultiple: false }, bindings: [] }],
    };
    const module: AdapterModule = bacnetAdapter;
    const connection = await module.create(config, realEnv()).connect(AbortSignal.timeout(5_000));
    onTestFinished(() => connection.close());
    const point = (address: string) => ({ point: address, device: "d", address, kind: "number" as const, writable: true, pollMs: 1_000 });
    const readings = await connection.read([point("ai:1"), point("ai:2"), point("ai:3/units")], AbortSignal.timeout(5_000));
    expect(readings.map(({ raw }) => raw)).toEqual([1.5, 2.5, null]);
    await connection.act!({ do: "set", binding: point("ao:1"), value: 12.5, priority: 8 }, AbortSignal.timeout(5_000));
    expect(written).toMatchObject([{ priority: 8, value: [{ type: 4, value: 12.5 }] }]);
  });
});

/** The library takes port 0 for the standard one, which may be somebody else's. */
async function freePort(host: string): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
