import { afterEach, describe, expect, test } from "vitest";
import type { DomainParticipant } from "./participant.ts";
import { bestEffortQos, defaultQos, latchedQos, type Qos } from "./qos.ts";
import { numbered, numberOf, openOnLoopback, record, claimDomain, until } from "./testing/domain.ts";
import { liveEnvironment } from "./testing/live-environment.ts";
import { MessageWriter, prefixBytes } from "./wire/message-writer.ts";
import { entityIds } from "./wire/guid.ts";
import { writeParticipantData } from "./wire/participant-data.ts";

const env = liveEnvironment();
const domain = await claimDomain();
const opened: DomainParticipant[] = [];

async function open(more: Parameters<typeof openOnLoopback>[2] = {}) {
  const participant = await openOnLoopback(domain, env, more);
  opened.push(participant);
  return participant;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((participant) => participant.close()));
});

function collect(participant: DomainParticipant, qos: Qos = defaultQos, topic = "rt/x") {
  const numbers: number[] = [];
  const reader = participant.createReader({ topic, type: "T", qos, onSample: ({ payload }) => numbers.push(numberOf(payload)) });
  return { reader, numbers };
}

/** What a power cut does: the sockets are gone and nobody has said goodbye. */
function cutOff(participant: DomainParticipant): void {
  void participant.close(true);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("two participants on loopback", () => {
  test("find each other within two seconds without multicast and say goodbye when they leave", async () => {
    const a = await open({ name: "a" });
    const seen = record(a);
    const b = await open({ name: "b", userData: "enclave=/;" });
    await until("a sees b", () => a.participants().some(({ name }) => name === "b"), 2000);
    await until("b sees a", () => b.participants().some(({ name }) => name === "a"), 2000);
    expect(a.participants()[0]).toMatchObject({ name: "b", userData: "enclave=/;", domain });
    await b.close();
    await until("a sees b leave", () => seen.some((event) => event.kind === "participant-lost" && event.reason === "disposed"), 2000);
  });

  test("a reliable reader gets every sample once and in order, small and large mixed", async () => {
    const a = await open();
    const b = await open();
    const { reader, numbers } = collect(b);
    const writer = a.createWriter({ topic: "rt/x", type: "T", qos: { ...defaultQos, keep: "all", depth: 100 } });
    await until("matched", () => writer.readers.size === 1 && reader.writers.size === 1);
    for (const i of upTo(3000)) while (writer.write(numbered(i, i % 100 === 0 ? 50_000 : 40)) === undefined) await writer.room();
    expect(await writer.acknowledged(10_000)).toBe(true);
    expect(numbers).toEqual(upTo(3000));
    expect(b.health().reassemblyBytes).toBe(0);
  });

  test("a best-effort reader gets small and large samples in the order they were written", async () => {
    const a = await open();
    const b = await open();
    const { reader, numbers } = collect(b, bestEffortQos);
    const writer = a.createWriter({ topic: "rt/x", type: "T", qos: bestEffortQos });
    await until("matched", () => writer.readers.size === 1 && reader.writers.size === 1);
    for (const i of upTo(20)) {
      writer.write(numbered(i, i % 2 === 0 ? 20_000 : 40));
      await until(`sample ${i}`, () => numbers.length === i + 1);
    }
    expect(numbers).toEqual(upTo(20));
  });

  test("a late reader gets the history of a transient-local writer, and only what follows from a volatile one", async () => {
    const a = await open();
    const kept = a.createWriter({ topic: "rt/kept", type: "T", qos: { ...latchedQos, depth: 5 } });
    const passing = a.createWriter({ topic: "rt/passing", type: "T" });
    for (const i of upTo(8)) [kept, passing].forEach((writer) => writer.write(numbered(i)));
    const b = await open();
    const late = collect(b, { ...latchedQos, depth: 5 }, "rt/kept");
    const now = collect(b, defaultQos, "rt/passing");
    await until("history", () => late.numbers.length === 5);
    await until("matched", () => passing.readers.size === 1 && now.reader.writers.size === 1);
    [kept, passing].forEach((writer) => writer.write(numbered(8)));
    await until("the newest", () => late.numbers.length === 6 && now.numbers.length > 0);
    expect(late.numbers).toEqual([3, 4, 5, 6, 7, 8]);
    expect(now.numbers).toEqual([8]);
  });

  test("a large sample does not hold up the small ones of another topic", async () => {
    const a = await open();
    const b = await open();
    const order: string[] = [];
    b.createReader({ topic: "rt/big", type: "T", onSample: () => order.push("big") });
    b.createReader({ topic: "rt/small", type: "T", onSample: () => order.push("small") });
    const big = a.createWriter({ topic: "rt/big", type: "T" });
    const small = a.createWriter({ topic: "rt/small", type: "T" });
    await until("matched", () => big.readers.size === 1 && small.readers.size === 1);
    big.write(numbered(1, 4 << 20));
    small.write(numbered(2));
    await until("both", () => order.length === 2);
    expect(order).toEqual(["small", "big"]);
  });

  test("a value too large for the limit is refused by the writer and survived by the reader", async () => {
    const a = await open();
    const b = await open({ limits: { sampleBytes: 10_000 } });
    const { reader, numbers } = collect(b);
    const writer = a.createWriter({ topic: "rt/x", type: "T" });
    await until("matched", () => writer.readers.size === 1 && reader.writers.size === 1);
    writer.write(numbered(0, 20_000));
    writer.write(numbered(1));
    await until("the small one", () => numbers.length === 1);
    expect(reader.stats).toMatchObject({ tooLarge: 1, lost: 1 });
    expect(() => writer.write(Buffer.alloc(17 << 20))).toThrow("sample of");
  });
});

describe("what does not work is told, not silent", () => {
  test("an offer below the request is an event with its policies, and listed in health until one side leaves", async () => {
    const a = await open();
    const b = await open();
    const seen = record(b);
    const { reader } = collect(b, { ...defaultQos, durability: "transient-local" });
    const writer = a.createWriter({ topic: "rt/x", type: "T", qos: bestEffortQos });
    await until("told", () => seen.some(({ kind }) => kind === "incompatible"));
    expect(b.health().incompatible).toMatchObject([{ policies: ["reliability", "durability"], local: reader.guid }]);
    a.remove(writer);
    await until("forgotten", () => b.health().incompatible.length === 0);
  });

  test("another type under the same topic name is told as such", async () => {
    const a = await open();
    const b = await open();
    const seen = record(a);
    collect(b);
    a.createWriter({ topic: "rt/x", type: "Other" });
    await until("told", () =>
      seen.some((event) => event.kind === "incompatible" && event.policies.length === 0 && event.endpoint.type === "T"),
    );
  });

  test("a missed deadline and lost liveliness are told, and their return too", async () => {
    const a = await open();
    const b = await open();
    const seen = record(b);
    const qos: Qos = { ...defaultQos, deadlineMs: 60, liveliness: "manual-by-topic", livelinessLeaseMs: 60 };
    const { reader } = collect(b, qos);
    const writer = a.createWriter({ topic: "rt/x", type: "T", qos });
    await until("matched", () => writer.readers.size === 1 && reader.writers.size === 1);
    const told = (kind: string) => seen.some((event) => event.kind === kind);
    await until("missed", () => told("deadline-missed") && told("liveliness-lost"));
    writer.assertLiveliness();
    await until("alive", () => told("liveliness-regained"));
    expect(told("deadline-met")).toBe(false);
    writer.write(numbered(1));
    await until("met", () => told("deadline-met"));
  });

  test("a writer with an automatic lease stays alive without writing, and is lost with its participant", async () => {
    const a = await open({ leaseMs: 30_000 });
    const b = await open();
    const seen = record(b);
    const qos: Qos = { ...defaultQos, livelinessLeaseMs: 300 };
    const { reader } = collect(b, { ...qos, livelinessLeaseMs: Infinity });
    a.createWriter({ topic: "rt/x", type: "T", qos });
    await until("matched", () => reader.writers.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(seen.filter(({ kind }) => kind === "liveliness-lost")).toEqual([]);
    cutOff(a);
    await until("lost", () => seen.some(({ kind }) => kind === "liveliness-lost"));
  });
});

describe("participants that come and go", () => {
  test("one that is cut off is gone within its lease, and found again after its restart", async () => {
    const a = await open();
    const seen = record(a);
    const { numbers } = collect(a);
    const first = await open({ leaseMs: 600 });
    const writer = first.createWriter({ topic: "rt/x", type: "T" });
    await until("matched", () => writer.readers.size === 1);
    const cutAt = performance.now();
    cutOff(first);
    await until("gone", () => seen.some((event) => event.kind === "participant-lost" && event.reason === "lease-ran-out"));
    expect(performance.now() - cutAt).toBeLessThan(5 * 600);
    const again = await open();
    const second = again.createWriter({ topic: "rt/x", type: "T" });
    await until("matched again", () => second.readers.size === 1, 2000);
    second.write(numbered(7));
    await until("flows again", () => numbers.includes(7));
  });

  test("one that moves to another address is followed there", async () => {
    const a = await open({ interfaces: ["127.0.0.1"] });
    const seen = record(a);
    const b = await open({ interfaces: ["127.0.0.1", "127.0.0.2"] });
    const { reader, numbers } = collect(b);
    const writer = a.createWriter({ topic: "rt/x", type: "T" });
    await until("matched", () => writer.readers.size === 1 && reader.writers.size === 1);
    const described = a.participants()[0]!;
    const elsewhere = (list: typeof described.userLocators) => list.filter(({ host }) => host === "127.0.0.2");
    const moved = {
      ...described,
      discoveryLocators: elsewhere(described.discoveryLocators),
      userLocators: elsewhere(described.userLocators),
    };
    const packet = new MessageWriter(prefixBytes(b.prefix), 1024);
    packet.data(entityIds.participantReader, entityIds.participantWriter, 99, writeParticipantData(moved));
    a.receiver.accept(packet.bytes(), { address: "127.0.0.2" });
    expect(seen.some(({ kind }) => kind === "participant-changed")).toBe(true);
    expect([...writer.readers.values()][0]!.link.route).toMatchObject({ host: "127.0.0.2" });
    writer.write(numbered(1));
    await until("flows", () => numbers.length === 1);
  });

  test("a participant outside of the allowed subnets is never answered", async () => {
    const a = await open({ allowedSubnets: ["127.0.0.9/32"], initialPeers: [] });
    const b = await open();
    await until("refused", () => a.health().refused.unreachableParticipants > 0);
    expect(a.participants()).toEqual([]);
    expect(b.participants()).toEqual([]);
    expect(a.health().network.packetsOut).toBe(0);
  });

  test("invented participants push out each other, never one that has answered", async () => {
    const a = await open({ limits: { announcedParticipants: 4 } });
    const b = await open({ name: "real" });
    await until("proven", () => a["roster"].get(b.prefix)?.state === "proven");
    const described = a.participants()[0]!;
    for (let i = 0; i < 50; i++) {
      const prefix = i.toString(16).padStart(24, "f");
      const packet = new MessageWriter(prefixBytes(prefix), 1024);
      packet.data(
        entityIds.participantReader,
        entityIds.participantWriter,
        1,
        writeParticipantData({ ...described, prefix, name: "invented" }),
      );
      a.receiver.accept(packet.bytes(), { address: "127.0.0.1" });
    }
    expect(
      a
        .participants()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["invented", "invented", "invented", "invented", "real"]);
    expect(a.health().refused.participants).toBe(46);
  });

  test("endpoints beyond the cap are left out and told once", async () => {
    const a = await open({ limits: { endpointsPerParticipant: 3 } });
    const seen = record(a);
    const b = await open();
    for (const i of upTo(8)) b.createWriter({ topic: `rt/${i}`, type: "T" });
    await until("refused", () => a.health().refused.endpoints === 5);
    expect(a.endpoints()).toHaveLength(3);
    expect(seen.filter(({ kind }) => kind === "limit-reached")).toHaveLength(1);
  });
});

test("bad options are refused before anything is opened", async () => {
  const bad = { domain: 233 };
  await expect(openOnLoopback(233, env)).rejects.toThrow(`domain ${bad.domain}`);
  await expect(open({ initialPeers: ["robot.local"] })).rejects.toThrow('peer "robot.local"');
  await expect(open({ allowedSubnets: ["10.0.0.0"], interfaces: ["eth0"] })).rejects.toThrow('interface "eth0"');
  await expect(open({ leaseMs: 10 })).rejects.toThrow("shorter than 100 ms");
});
