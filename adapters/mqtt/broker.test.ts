import { describe, expect, it } from "vitest";
import { quality } from "#msgs/quality.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { errorOf, until } from "#test/contract/harness.ts";
import { mqttAdapter } from "./index.ts";
import { bindingOf, dialled, heardOn, peerOf, soon } from "./testing/dialled.ts";

describe("the broker", () => {
  const point = bindingOf("t#v");

  it("that does not let us in says why in words", async () => {
    const peer = await peerOf();
    for (const [code, wanted] of [
      [1, "not-supported"],
      [3, "busy"],
      [5, "not-authorised"],
    ] as const) {
      peer.connackCode = code;
      const config = { id: "radio", link: { host: "127.0.0.1", port: peer.port }, devices: [] };
      const error = await errorOf(mqttAdapter.create(config, realEnv()).connect(soon()), 3000);
      expect([error.code, error.sent]).toEqual([wanted, false]);
    }
  });

  it("that is no broker is found out", async () => {
    const peer = await peerOf();
    peer.behave("garbage");
    const config = { id: "radio", link: { host: "127.0.0.1", port: peer.port, connectTimeoutMs: 500 }, devices: [] };
    expect(["bad-answer", "connect-timeout"]).toContain((await errorOf(mqttAdapter.create(config, realEnv()).connect(soon()), 3000)).code);
  });

  it("that begins to talk nonsense costs the link, never a value", async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [point]);
    const heard = await heardOn(connection, [point]);
    peer.behave("garbage");
    peer.publish("p/t", '{"v":1}');
    expect(["bad-answer", "link-lost"]).toContain(((await connection.lost) as { code?: string }).code);
    expect(heard).toEqual([]);
  });

  it("that refuses one topic costs the points on it, with the reason; one that refuses all costs the device", async () => {
    const peer = await peerOf();
    const points = [point, bindingOf("secret#v")];
    peer.refusedFilters.add("p/secret");
    const { connection } = await dialled(peer, points);
    const heard = await heardOn(connection, points);
    expect(heard.flatMap(({ readings }) => readings)).toMatchObject([{ binding: points[1], quality: quality.badConfig }]);
    peer.refusedFilters.add("p/t");
    const { connection: second } = await dialled(peer, points, {}, { clientId: "second" });
    expect(
      (
        await errorOf(
          second.subscribe!(points, () => {}, soon()),
          2000,
        )
      ).code,
    ).toBe("device-refused");
  });

  it("is asked for all filters in one go, and for a shared one until its last listener goes", async () => {
    const peer = await peerOf();
    const points = Array.from({ length: 250 }, (_, at) => bindingOf(`t${at}#v`));
    const { connection } = await dialled(peer, points);
    const [first] = await Promise.all([0, 1].map(() => connection.subscribe!(points, () => {}, soon())));
    expect(peer.subscribed.map((filters) => filters.length)).toEqual([100, 100, 50]);
    await first!.close();
    expect(peer.unsubscribed).toEqual([]);
  });

  it("that stops answering is lost when its pings stay unanswered", { timeout: 10_000 }, async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [point], {}, { keepAliveSeconds: 1 });
    peer.behave("frozen");
    expect(await connection.lost).toMatchObject({ code: "link-lost" });
  });

  it("hears a goodbye from us, and says with MQTT 5 when nobody listens to a command", async () => {
    const peer = await peerOf();
    peer.publishReasons.set("p/c", 16);
    const told = bindingOf("t#v", { writable: true });
    const { connection } = await dialled(peer, [told], { commandTopic: "c" }, { version: "5" });
    const receipt = await connection.act!({ do: "set", binding: told, value: 1, priority: 8 }, soon());
    expect(receipt.assurance).toBe("transport");
    expect(receipt.detail).toContain("nobody listens");
    await connection.close();
    await until(() => peer.goodbyes.length === 1);
  });

  it("acknowledges nothing at QoS 0, and the receipt says so", async () => {
    const peer = await peerOf();
    const told = bindingOf("t#v", { writable: true });
    const { connection } = await dialled(peer, [told], { commandTopic: "c", commandQos: 0 });
    expect((await connection.act!({ do: "set", binding: told, value: 1, priority: 8 }, soon())).assurance).toBe("none");
    await until(() => peer.told.length === 1);
  });
});
