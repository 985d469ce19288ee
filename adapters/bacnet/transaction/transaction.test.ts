import { describe, expect, it } from "vitest";
import { GatewayError } from "#src/kit/errors.ts";
import { seededRandom } from "#src/kit/random.ts";
import { madeUpEnv } from "#test/fakes/adapter-env.ts";
import { Lan, type LanOptions } from "#test/contract/peers/bacnet-lan.ts";
import { Network } from "../link/network.ts";
import { stationOf } from "../link/station.ts";
import { encodeApdu } from "../wire/apdu.ts";
import { encodeNpdu } from "../wire/npdu.ts";
import { Application } from "./application.ts";
import type { RequestOptions } from "./pending.ts";
import type { Serve } from "./responder.ts";

const service = 12;

function world(lan: Partial<LanOptions> = {}, options: { perDevice?: number; inAll?: number } = {}) {
  const env = madeUpEnv();
  const network = new Lan({ timers: env.timers, random: seededRandom(5), ...lan });
  const station = (address: string, serve: Serve) =>
    new Application(new Network(network.transport(address)), env, {
      perDevice: options.perDevice ?? 2,
      inAll: options.inAll ?? 64,
      serve,
      hear: () => undefined,
    });
  const asker = station("asker", () => undefined);
  const ask = (to: string, data: Buffer, about: Partial<RequestOptions> = {}) =>
    asker.requester.request(stationOf(to), {
      service,
      data,
      limits: { maxApdu: 480, takesSegments: true },
      timeoutMs: 1_000,
      retries: 3,
      signal: new AbortController().signal,
      what: `question to ${to}`,
      ...about,
    });
  return { env, network, station, asker, ask };
}

const bytes = (length: number, seed: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + seed * 13) & 0xff));

/** Advances made-up time until all have settled, a bounded number of seconds. */
async function settle<T>(env: ReturnType<typeof madeUpEnv>, work: Promise<T>): Promise<T> {
  let done = false;
  void work.then(
    () => (done = true),
    () => (done = true),
  );
  for (let i = 0; i < 2_000 && !done; i++) await env.advance(250);
  return work;
}

describe("transactions", () => {
  it("at two percent loss all of four thousand questions get their own answer", async () => {
    const { env, station, ask, asker } = world({ loss: 0.02, twice: 0.02 });
    for (let i = 0; i < 40; i++) station(`d${i}`, (_, data) => Buffer.concat([Buffer.from(`d${i}:`), data]));
    const answers = Array.from({ length: 4_000 }, (_, i) => ask(`d${i % 40}`, Buffer.from(`q${i}`)));
    const texts = (await settle(env, Promise.all(answers))).map(String);
    expect(texts).toEqual(Array.from({ length: 4_000 }, (_, i) => `d${i % 40}:q${i}`));
    expect(asker.requester.waiting).toBe(0);
    expect(env.pendingTimers()).toBe(0);
  });

  it("answers in segments, from many devices at once, are put together right although some are lost, doubled or late", async () => {
    const random = seededRandom(9);
    const { env, station, ask } = world({ loss: 0.03, twice: 0.05, delayMs: () => 1 + random() * 30 });
    for (let i = 0; i < 20; i++) station(`d${i}`, () => bytes(30_000, i));
    const got = await settle(
      env,
      Promise.all(Array.from({ length: 20 }, (_, i) => ask(`d${i}`, Buffer.alloc(4), { large: true, retries: 10 }))),
    );
    got.forEach((data, i) => expect(data.equals(bytes(30_000, i))).toBe(true));
  });

  it("questions too long for one message go out in segments, where the device takes them", async () => {
    const { env, station, ask } = world({ loss: 0.02 });
    station("d", (_, data) => Buffer.from(data.subarray(0, 4_000)).fill(data[3_999]!, 0, 1));
    const data = bytes(4_000, 3);
    const answer = await settle(env, ask("d", data, { retries: 10 }));
    expect(answer.subarray(1).equals(data.subarray(1))).toBe(true);
    const refused = ask("d", data, { limits: { maxApdu: 480, takesSegments: false } });
    await expect(refused).rejects.toMatchObject({ code: "not-supported", sent: false });
  });

  it("the dead hold up nobody: their place is given back at the first missed answer", async () => {
    const { env, station, ask } = world({}, { perDevice: 4, inAll: 8 });
    station("alive", (_, data) => data);
    const dead = Array.from({ length: 30 }, (_, i) => ask(`dead${i}`, Buffer.of(1)).catch((error: GatewayError) => error.code));
    const alive = Promise.all(Array.from({ length: 50 }, () => ask("alive", Buffer.of(2))));
    let answered = false;
    void alive.then(() => (answered = true));
    // Thirty dead devices, eight places, one second each until the place is free again: the living wait four seconds and not four times as many.
    await env.advance(5_000);
    expect(answered).toBe(true);
    expect(await settle(env, Promise.all(dead))).toEqual(new Array(30).fill("timeout"));
  });

  it("what must be said once is said once, and says afterwards that it may have arrived", async () => {
    const { env, network, ask } = world();
    const asked = ask("nobody", Buffer.of(1), { retries: 0 });
    const failed = expect(asked).rejects.toMatchObject({ code: "timeout", sent: true });
    await env.advance(10_000);
    await failed;
    expect(network.sent).toBe(1);
  });

  it("answers under wrong invoke ids, from others, to other services are nobody's", async () => {
    const { env, network, ask, asker } = world();
    const asked = ask("quiet", Buffer.of(1), { retries: 0 });
    let settled = false;
    void asked.catch(() => undefined).then(() => (settled = true));
    const forge = (from: string, invokeId: number, of = service) =>
      network.put(
        encodeNpdu({
          expectingReply: false,
          priority: 0,
          payload: encodeApdu({ kind: "complex-ack", invokeId, service: of, data: Buffer.of(9) }),
        }),
        from,
        "asker",
      );
    for (let id = 0; id < 256; id++) {
      forge("somebody", id);
      forge("quiet", id, 14);
    }
    await env.advance(100);
    expect(settled).toBe(false);
    expect(asker.requester.counters.unexpected).toBe(512);
    await env.advance(1_000);
    expect(settled).toBe(true);
  });

  it("a repeated question is worked on once", async () => {
    const { env, station, ask } = world({ twice: 1 });
    let worked = 0;
    station("d", async (_, data) => {
      worked++;
      await env.timers.sleep(50);
      return data;
    });
    await settle(env, ask("d", Buffer.of(1)));
    expect(worked).toBe(1);
  });

  it("an aborted question ends at once and a closed link ends all, each with its reason", async () => {
    const { env, ask, asker } = world();
    const giveUp = new AbortController();
    const first = ask("nobody", Buffer.of(1), { signal: giveUp.signal });
    const second = ask("nobody", Buffer.of(1));
    giveUp.abort();
    await expect(first).rejects.toMatchObject({ code: "closed" });
    asker.close(new GatewayError("link-lost", "the cable was pulled"));
    await expect(second).rejects.toMatchObject({ code: "link-lost", sent: true });
    await env.advance(10);
    expect(env.pendingTimers()).toBe(0);
  });
});
