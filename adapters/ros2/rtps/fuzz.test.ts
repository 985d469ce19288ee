import { afterEach, expect, test } from "vitest";
import type { DomainParticipant } from "./participant.ts";
import { defaultQos, latchedQos } from "./qos.ts";
import { numbered, numberOf, openOnLoopback, claimDomain, until } from "./testing/domain.ts";
import { liveEnvironment } from "./testing/live-environment.ts";
import { seeded } from "./testing/random.ts";

const env = liveEnvironment();
const domain = await claimDomain();
const rounds = process.env.PLAINVIEW_SOAK === "1" ? 200_000 : 20_000;
const seed = Number(process.env.FUZZ_SEED ?? 1);
const opened: DomainParticipant[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((participant) => participant.close()));
});

async function open(more: Parameters<typeof openOnLoopback>[2] = {}) {
  const participant = await openOnLoopback(domain, env, more);
  opened.push(participant);
  return participant;
}

/** Every packet a live talk between two participants is made of, as the second one receives them. */
async function recordTalk(victim: DomainParticipant): Promise<Buffer[]> {
  const packets: Buffer[] = [];
  const accept = victim.receiver.accept.bind(victim.receiver);
  victim.receiver.accept = (packet, from) => {
    if (packets.length < 2000) packets.push(Buffer.from(packet));
    accept(packet, from);
  };
  const talker = await open();
  const writer = talker.createWriter({ topic: "rt/good", type: "T" });
  talker.createWriter({ topic: "rt/kept", type: "T", qos: latchedQos }).write(numbered(1));
  talker.createReader({ topic: "rt/back", type: "T", onSample: () => {} });
  await until("matched", () => writer.readers.size === 1);
  for (let i = 0; i < 200; i++) writer.write(numbered(i, i % 20 === 0 ? 10_000 : 60));
  await writer.acknowledged(5000);
  await talker.close();
  victim.receiver.accept = accept;
  return packets;
}

function mutate(packet: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(packet.subarray(0, random() < 0.1 ? Math.floor(random() * packet.length) : packet.length));
  const whole = (below: number) => Math.floor(random() * below);
  if (copy.length === 0) return copy;
  for (let changes = 1 + whole(6); changes > 0; changes--) {
    const at = whole(copy.length);
    switch (whole(5)) {
      case 0:
        copy[at] = whole(256);
        break;
      case 1:
        copy[at] = copy[at]! ^ (1 << whole(8));
        break;
      case 2:
        copy.fill(0xff, at, Math.min(copy.length, at + 1 + whole(8)));
        break;
      case 3:
        copy.fill(0, at, Math.min(copy.length, at + 1 + whole(8)));
        break;
      case 4:
        if (at + 4 <= copy.length) copy.writeUInt32LE([0x7fffffff, 0x80000000, 0xffffffff, 65_536, 1][whole(5)]!, at);
    }
  }
  return copy;
}

test(`${rounds} mutated packets: no crash, no growth, and a good peer is served all the while (seed ${seed})`, async () => {
  const victim = await open({ limits: { announcedParticipants: 32, participants: 64 } });
  const numbers: number[] = [];
  const reader = victim.createReader({
    topic: "rt/good",
    type: "T",
    onSample: ({ writer, payload }) => writer.startsWith(good.prefix) && numbers.push(numberOf(payload)),
  });
  victim.createReader({ topic: "rt/kept", type: "T", qos: latchedQos, onSample: () => {} });
  victim.createWriter({ topic: "rt/back", type: "T", qos: { ...defaultQos, durability: "transient-local" } }).write(numbered(5));
  const good = await open();
  const packets = await recordTalk(victim);
  const writer = good.createWriter({ topic: "rt/good", type: "T", qos: { ...defaultQos, keep: "all" } });
  await until("matched", () => writer.readers.size === 1 && reader.writers.has(writer.guid));
  const random = seeded(seed);
  const memory = process.memoryUsage().rss;
  let written = 0;
  for (let i = 0; i < rounds; i++) {
    const packet = mutate(packets[Math.floor(random() * packets.length)]!, random);
    victim.receiver.accept(packet, { address: "127.0.0.1" });
    if (i % 100 !== 0) continue;
    if (writer.write(numbered(written)) !== undefined) written++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await writer.acknowledged(10_000)).toBe(true);
  expect(numbers).toEqual(Array.from({ length: written }, (_, i) => i));
  const health = victim.health();
  expect(health.participants).toBeLessThanOrEqual(64 + 32);
  expect(health.reassemblyBytes).toBeLessThanOrEqual(64 << 20);
  expect(health.malformed).toBeGreaterThan(rounds / 100);
  expect(process.memoryUsage().rss - memory).toBeLessThan(300 << 20);
});
