import { describe, expect, it } from "vitest";
import { madeUpEnv } from "#test/fakes/adapter-env.ts";
import { Lan } from "#test/contract/peers/bacnet-lan.ts";
import { encodeNpdu, networkMessages } from "../wire/npdu.ts";
import { ForeignDevice } from "./foreign-device.ts";
import { Network } from "./network.ts";
import { stationOf } from "./station.ts";

describe("a foreign device", () => {
  const world = (answers: () => number | undefined) => {
    const env = madeUpEnv();
    let asked = 0;
    const lost: Error[] = [];
    const device: ForeignDevice = new ForeignDevice({
      ttlSeconds: 300,
      timers: env.timers,
      register: () => {
        asked++;
        const code = answers();
        if (code !== undefined) env.timers.after(5, () => device.result(code));
      },
      lost: (error) => lost.push(error),
    });
    return { env, device, lost, asked: () => asked };
  };

  it("renews its registration long before it runs out, for as long as the BBMD answers", async () => {
    const { env, device, lost, asked } = world(() => 0);
    const started = device.start(new AbortController().signal);
    await env.advance(10);
    await started;
    await env.advance(3_600_000);
    expect(asked()).toBeGreaterThanOrEqual(36);
    expect(lost).toEqual([]);
    device.stop();
    expect(env.pendingTimers()).toBe(0);
  });

  it("asks again when an answer is lost, and gives up after a whole lifetime without one", async () => {
    let answer: number | undefined = 0;
    const { env, device, lost, asked } = world(() => answer);
    const started = device.start(new AbortController().signal);
    await env.advance(10);
    await started;
    answer = undefined;
    await env.advance(120_000);
    expect(lost).toEqual([]);
    answer = 0;
    await env.advance(60_000);
    const renewed = asked();
    answer = undefined;
    await env.advance(400_000);
    expect(asked()).toBeGreaterThan(renewed);
    expect(lost).toMatchObject([{ code: "connect-timeout" }]);
    expect(env.pendingTimers()).toBe(0);
  });

  it("that is refused, or never answered, says which", async () => {
    for (const [code, expected] of [
      [0x30, "connect-refused"],
      [undefined, "connect-timeout"],
    ] as const) {
      const { env, device } = world(() => code);
      const started = expect(device.start(new AbortController().signal)).rejects.toMatchObject({ code: expected });
      await env.advance(10_000);
      await started;
    }
  });
});

describe("the network layer", () => {
  it("learns the way to networks behind routers, and forgets it when a router has none", async () => {
    const env = madeUpEnv();
    const lan = new Lan({ timers: env.timers, random: () => 0.5 });
    const network = new Network(lan.transport("us"));
    const heard: string[] = [];
    network.listen((apdu, from) => heard.push(`${apdu.toString("hex")} from ${from.key}`));
    const gone: number[] = [];
    network.onUnreachable((one) => gone.push(one));
    const put = (npdu: Parameters<typeof encodeNpdu>[0]) => lan.put(encodeNpdu(npdu), "router", "us");
    put({ expectingReply: false, priority: 0, source: { network: 2001, mac: Uint8Array.of(11) }, payload: Buffer.from("1000", "hex") });
    put({ expectingReply: false, priority: 0, networkMessage: networkMessages.iAmRouter, payload: Buffer.from([7, 210, 7, 211]) });
    await env.advance(5);
    expect(heard).toEqual(["1000 from 2001:0b"]);
    expect([...network.routes]).toEqual([
      [2001, "router"],
      [2002, "router"],
      [2003, "router"],
    ]);
    // A device keeps its name whichever router it is reached through.
    expect(stationOf("other", { network: 2001, mac: Uint8Array.of(11) }).key).toBe("2001:0b");
    put({ expectingReply: false, priority: 0, networkMessage: networkMessages.rejectMessage, payload: Buffer.from([1, 7, 209]) });
    await env.advance(5);
    expect(gone).toEqual([2001]);
    expect(network.routerTo(2001)).toBeUndefined();
  });

  it("does not take for its own what is meant for a station elsewhere", async () => {
    const env = madeUpEnv();
    const lan = new Lan({ timers: env.timers, random: () => 0.5 });
    const network = new Network(lan.transport("us"));
    let heard = 0;
    network.listen(() => heard++);
    lan.put(
      encodeNpdu({
        expectingReply: false,
        priority: 0,
        destination: { network: 5, mac: Uint8Array.of(1) },
        payload: Buffer.from("1008", "hex"),
      }),
      "x",
      "us",
    );
    lan.put(
      encodeNpdu({
        expectingReply: false,
        priority: 0,
        destination: { network: 0xffff, mac: new Uint8Array(0) },
        payload: Buffer.from("1008", "hex"),
      }),
      "x",
      "us",
    );
    await env.advance(5);
    expect([heard, network.counters.notForUs]).toEqual([1, 1]);
  });
});
