import { describe, expect, it } from "vitest";
import { until } from "#test/contract/harness.ts";
import { bindingOf, dialled, heardOn, peerOf, soon, valuesOf } from "./testing/dialled.ts";

const one = bindingOf("t#v");
const other = bindingOf("u#v", { device: "e", point: "e/u" });
const d = { id: "d", options: { topic: "p", sequencePath: "n" }, bindings: [one] };
const e = { id: "e", options: { topic: "q" }, bindings: [other] };
const site = (...devices: (typeof d | typeof e)[]) => ({ id: "radio", link: {}, devices });

describe("a changed configuration is taken over by the open connection", () => {
  it("and a device that did not change goes on undisturbed, with its numbering, beside a new one", async () => {
    const peer = await peerOf();
    const { connection, events } = await dialled(peer, [one], { sequencePath: "n" });
    const heard = await heardOn(connection, [one]);
    peer.publish("p/t", '{"v":1,"n":1}');
    await until(() => heard.length === 1);
    expect(connection.reconfigure!(site(d, e))).toBe(true);
    const besides = await heardOn(connection, [other]);
    peer.publish("p/t", '{"v":2,"n":1}');
    peer.publish("p/t", '{"v":3,"n":2}');
    peer.publish("q/u", '{"v":7}');
    await until(() => besides.length === 1 && heard.length === 3);
    expect([valuesOf(heard), valuesOf(besides)]).toEqual([[1, 2, 3], [7]]);
    expect(connection.health!()).toMatchObject({ repeated: 1, unclaimed: 0 });
    expect(peer.subscribed).toEqual([["p/t"], ["q/u"]]);
    expect(peer.unsubscribed).toEqual([]);
    expect(events).toEqual([]);
  });

  it("and a device that is gone is not heard any more", async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [one]);
    expect(connection.reconfigure!(site(d, e))).toBe(true);
    const gone = await connection.subscribe!([one], () => expect.unreachable("nobody listens any more"), soon());
    const heard = await heardOn(connection, [other]);
    await gone.close();
    expect(connection.reconfigure!(site(e))).toBe(true);
    peer.publish("p/t", '{"v":1}');
    peer.publish("q/u", '{"v":2}');
    await until(() => heard.length === 1);
    expect(peer.unsubscribed).toEqual(["p/t"]);
  });

  it("and what waits unheard for a device that is gone is acknowledged; for one that changed it waits on", async () => {
    const peer = await peerOf();
    peer.welcome = (client) => {
      peer.send(client, "p/u", '{"v":2}', { qos: 1, id: 11 });
      peer.send(client, "p/t", '{"v":1}', { qos: 1, id: 12 });
    };
    const { connection } = await dialled(peer, [one, bindingOf("u#v")]);
    await until(() => connection.health!()["waiting"] === 2);
    expect(connection.reconfigure!(site({ ...d, options: { topic: "p", sequencePath: "m" } }))).toBe(true);
    await until(() => peer.acknowledged.length === 1);
    const heard = await heardOn(connection, [one]);
    expect(valuesOf(heard)).toEqual([1]);
    heard[0]!.settled!(true);
    await until(() => peer.acknowledged.length === 2);
    expect(peer.acknowledged).toEqual(["puback 11", "puback 12"]);
  });

  it("unless what is listened to would have to be asked for in another way, or the link be another one", async () => {
    const peer = await peerOf();
    const { connection } = await dialled(peer, [one], { sequencePath: "n" });
    await heardOn(connection, [one]);
    const wide = { id: "e", options: { topic: "p" }, bindings: [bindingOf("+#w", { device: "e", point: "e/w" })] };
    expect(connection.reconfigure!(site(d, wide))).toBe(false);
    expect(connection.reconfigure!(site())).toBe(false);
    expect(connection.reconfigure!(site(d))).toBe(true);
  });
});
