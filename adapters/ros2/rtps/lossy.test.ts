import { afterEach, expect, test } from "vitest";
import { discoveryPort, userPort } from "./net/ports.ts";
import type { DomainParticipant } from "./participant.ts";
import { defaultQos, latchedQos } from "./qos.ts";
import { numbered, numberOf, openOnLoopback, claimDomain, until } from "./testing/domain.ts";
import { liveEnvironment } from "./testing/live-environment.ts";
import { LossyRelay } from "./testing/lossy-relay.ts";
import { seeded } from "./testing/random.ts";

const env = liveEnvironment();
const domain = await claimDomain();
const soak = process.env.PLAINVIEW_SOAK === "1";
const closing: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** Two participants that only know each other through a relay with bad weather. */
async function apart(loss: number, seed: number): Promise<{ a: DomainParticipant; b: DomainParticipant; relay: LossyRelay }> {
  const ports = (id: number) => ({ discovery: discoveryPort(domain, id), user: userPort(domain, id) });
  const weather = { loss, reorder: 0.05, duplicate: 0.02 };
  const { relay, faces } = await LossyRelay.start(ports(0), ports(1), weather, seeded(seed));
  const a = await openOnLoopback(domain, env, { initialPeers: [`127.0.0.1:${faces.right.discovery}`] });
  const b = await openOnLoopback(domain, env, { initialPeers: [`127.0.0.1:${faces.left.discovery}`] });
  closing.push(
    () => a.close(),
    () => b.close(),
    () => relay.close(),
  );
  return { a, b, relay };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

for (const [loss, count] of soak
  ? ([
      [0.02, 50_000],
      [0.05, 50_000],
      [0.2, 20_000],
    ] as const)
  : ([
      [0.05, 3000],
      [0.2, 500],
    ] as const)) {
  test(`${loss * 100} % loss, reordering and doubles: ${count} samples arrive once and in order`, async () => {
    const { a, b, relay } = await apart(loss, 7);
    const numbers: number[] = [];
    const reader = b.createReader({ topic: "rt/x", type: "T", onSample: ({ payload }) => numbers.push(numberOf(payload)) });
    const writer = a.createWriter({ topic: "rt/x", type: "T", qos: { ...defaultQos, keep: "all" } });
    await until("matched", () => writer.readers.size === 1 && reader.writers.size === 1);
    // One sample per datagram, so that the weather has something to work on.
    for (const i of upTo(count)) {
      while (writer.write(numbered(i, 900)) === undefined) await writer.room();
    }
    expect(await writer.acknowledged(soak ? 120_000 : 15_000)).toBe(true);
    expect(numbers).toEqual(upTo(count));
    expect(reader.stats).toMatchObject({ received: count, lost: 0 });
    expect(relay.counters.lost).toBeGreaterThan(0);
  });
}

test("5 % loss: samples of 200 kB arrive whole", async () => {
  const { a, b } = await apart(0.05, 11);
  const sizes: number[] = [];
  const reader = b.createReader({ topic: "rt/x", type: "T", onSample: ({ payload }) => sizes.push(payload.length) });
  const writer = a.createWriter({ topic: "rt/x", type: "T", qos: { ...defaultQos, keep: "all" } });
  await until("matched", () => writer.readers.size === 1 && reader.writers.size === 1);
  for (const i of upTo(20)) while (writer.write(numbered(i, 200_000)) === undefined) await writer.room();
  expect(await writer.acknowledged(15_000)).toBe(true);
  expect(sizes).toEqual(upTo(20).map(() => 200_000));
  expect(b.health().reassemblyBytes).toBe(0);
});

test("20 % loss: forty topics are found, and their last value with them", async () => {
  const { a, b } = await apart(0.2, 3);
  const got = new Map<string, number>();
  for (const i of upTo(40)) a.createWriter({ topic: `rt/${i}`, type: "T", qos: latchedQos }).write(numbered(i));
  for (const i of upTo(40)) {
    b.createReader({ topic: `rt/${i}`, type: "T", qos: latchedQos, onSample: ({ payload }) => got.set(`rt/${i}`, numberOf(payload)) });
  }
  await until("all forty", () => got.size === 40, 15_000);
  expect([...got].every(([topic, number]) => topic === `rt/${number}`)).toBe(true);
});
