import { describe, expect, it } from "vitest";
import type { Connection, Found, Reading } from "#src/contract/adapter.ts";
import { quality } from "#msgs/quality.ts";
import { openLink as open, peerOf, point, soon } from "#test/contract/peers/bacnet-link.ts";
import type { BacnetPeer } from "#test/contract/peers/bacnet-peer.ts";
import { constant, withIdentity } from "./server/property.ts";
import { confirmed } from "./wire/services/choices.ts";
import { bits, real, text } from "./wire/value.ts";
import { PropertyIdentifier as P } from "./wire/vocabulary.ts";

const many = (peer: BacnetPeer, count: number) => {
  for (let i = 1; i <= count; i++) peer.add(`analog-input:${i}`, i);
  return Array.from({ length: count }, (_, i) => point(`analog-input:${i + 1}`));
};
const values = (readings: readonly Reading[]) => readings.map(({ raw }) => raw);
const oneTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("reading is sized to the device", () => {
  it("a device that knows no multiple read is asked property by property, and not asked twice to find out", async () => {
    const peer = await peerOf({ without: [confirmed.readPropertyMultiple] });
    const connection = await open(peer);
    const points = many(peer, 30);
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(30));
    const before = peer.device.requests;
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(30));
    expect(peer.device.requests - before).toBe(60);
  });

  it("fifty octets at a time are enough", async () => {
    const peer = await peerOf({ maxApdu: 50, segmentation: 3 });
    const connection = await open(peer);
    expect(values(await connection.read(many(peer, 40), soon()))).toEqual(oneTo(40));
  });

  it("what was aborted as too long is asked in smaller pieces, and the next time at once", async () => {
    // Claims to take 1476 octets and sends 206, as gateways to MS/TP do.
    const peer = await peerOf({ maxApdu: 1476, segmentation: 3, sendsApdu: 206 });
    const connection = await open(peer);
    await connection.read([point("device:7/object-name", "text")], soon());
    const points = many(peer, 60);
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(60));
    const first = peer.device.requests;
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(60));
    expect(peer.device.requests - first).toBeLessThan(first);
  });

  it("a device that freezes at long questions, without a word, is found out by a short one", async () => {
    const peer = await peerOf();
    const connection = await open(peer);
    const points = many(peer, 40);
    peer.device.application.network.listen(choking(peer, 300));
    expect((await connection.read(points.slice(0, 1), soon()))[0]!.raw).toBe(1);
    expect(values(await connection.read(points, soon()))).toEqual(oneTo(40));
  });

  it("status flags, reliability and being out of service decide the quality", async () => {
    const peer = await peerOf();
    peer.add("analog-input:1", 20, { reliability: () => 4 });
    peer.add("analog-input:2", 20, { outOfService: () => true });
    peer.add("analog-input:3", 20, { overridden: () => true });
    peer.add("analog-input:4", Number.NaN);
    const connection = await open(peer);
    const readings = await connection.read(
      [1, 2, 3, 4].map((i) => point(`ai:${i}`)),
      soon(),
    );
    expect(readings.map(({ quality: q }) => q)).toEqual([quality.badDevice, quality.uncertain, quality.goodForced, quality.badDevice]);
    expect(readings[0]).toMatchObject({ raw: null, reason: expect.stringContaining("open-loop") as string });
  });

  it("arrays, lists, proprietary objects and properties come as text", async () => {
    const peer = await peerOf();
    const id = { type: 300, instance: 4 };
    peer.device.add({
      id,
      name: "secret",
      properties: withIdentity(id, "secret", [
        [P.PRESENT_VALUE, constant(real(1), text("x"))],
        [1234, constant(bits(true, false))],
      ]),
    });
    const connection = await open(peer);
    const readings = await connection.read(
      [point("300:4", "text"), point("300:4/1234", "text"), point("300:4"), point("device:7/object-list", "text")],
      soon(),
    );
    expect(values(readings)).toEqual(['[1,"x"]', "10", null, '["device:7","notification-class:1","300:4"]']);
  });
});

describe("discovery", () => {
  const all = async (connection: Connection) => {
    const found: Found[] = [];
    for await (const one of connection.browse!(soon())) found.push(one);
    return found;
  };

  it("reads an object list of thousands in segments, or in pieces where the device sends none", async () => {
    for (const segmentation of [0, 3]) {
      const peer = await peerOf({ segmentation, maxApdu: 480 });
      many(peer, 2_000);
      const found = await all(await open(peer));
      expect(found.filter((one) => one.point).length).toBe(2_000);
    }
  });

  it("believes what a device does and not what it claims about segments", async () => {
    const peer = await peerOf({ segmentation: 0, sendsSegments: false, maxApdu: 480 });
    many(peer, 300);
    expect((await all(await open(peer))).filter((one) => one.point).length).toBe(300);
  });

  it("a device that answers twice, and a flood of others, is one device", async () => {
    const peer = await peerOf();
    peer.add("multi-state-value:1", 2, { name: "Betriebsart Lüftung", stateTexts: ["aus", "ein"], description: "mode" });
    const connection = await open(peer);
    const browsing = all(connection);
    for (let i = 0; i < 200; i++) peer.device.announce({ via: connectionAddress(connection), key: connectionAddress(connection) });
    const found = await browsing;
    expect(found.filter((one) => !one.point).length).toBe(1);
    expect(found.find((one) => one.point)!.point).toMatchObject({
      id: "betriebsart-luftung",
      title: "mode",
      kind: "state",
      states: { 1: "aus", 2: "ein" },
    });
  });
});

function connectionAddress(connection: Connection): string {
  return (connection.health!()["link"] as { address: string }).address;
}

/** A receiver that drops long messages, as an implementation with a small buffer does. */
function choking(peer: BacnetPeer, most: number) {
  const receive = peer.device.application.receive;
  return (apdu: Buffer, from: Parameters<typeof receive>[1]) => void (apdu.length <= most && receive(apdu, from));
}
