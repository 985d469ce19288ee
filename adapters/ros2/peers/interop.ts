import { afterEach, describe, expect, test } from "vitest";
import { defaultQos, bestEffortQos, latchedQos, ServiceClient, type Qos } from "../rtps/index.ts";
import type { DomainParticipant } from "../rtps/participant.ts";
import { discoveryPort, userPort } from "../rtps/net/ports.ts";
import { claimDomain, openOnLoopback, record, until } from "../rtps/testing/domain.ts";
import { liveEnvironment } from "../rtps/testing/live-environment.ts";
import { LossyRelay } from "../rtps/testing/lossy-relay.ts";
import { seeded } from "../rtps/testing/random.ts";
import { compileDecoder, compileEncoder, ddsServiceNames, ddsTypeName, loadFolder, standardTypes } from "../types/index.ts";
import { buildPeer, type PeerKind } from "./build.ts";
import { Peer } from "./peer.ts";

const env = liveEnvironment();
const domain = await claimDomain();
const types = standardTypes();
loadFolder(types, new URL("../../../msgs/plainview_msgs", import.meta.url).pathname);
const text = ddsTypeName("std_msgs/String");
const telemetry = ddsTypeName("plainview_msgs/Telemetry");
const encodeText = compileEncoder(types, "std_msgs/String");
const decodeText = compileDecoder(types, "std_msgs/String");
const soak = process.env.PLAINVIEW_SOAK === "1";
/** Everything our core must do beside one other implementation. Prints a line and tests only that where the peer cannot be built. */
export async function testBeside(kind: PeerKind): Promise<void> {
  const program = await buildPeer(kind);
  test(`the ${kind} peer was built, or the line above says what is missing`, () => {
    expect(program === undefined || program.endsWith("/peer")).toBe(true);
  });
  if (program !== undefined) describe(`beside ${kind}`, { timeout: soak ? 240_000 : 60_000 }, () => against(kind, program));
}

function against(kind: PeerKind, program: string) {
  const closing: (() => unknown)[] = [];

  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
  });

  async function open(more: Parameters<typeof openOnLoopback>[2] = {}): Promise<DomainParticipant> {
    const participant = await openOnLoopback(domain, env, more);
    closing.push(() => participant.close());
    return participant;
  }

  function peer(mode: string, options: Record<string, string | number> = {}): Peer {
    const running = new Peer(program, kind, mode, { domain, participant: 3, ...options });
    closing.push(() => running.stop());
    return running;
  }

  function collect(participant: DomainParticipant, topic: string, qos: Qos = defaultQos) {
    const numbers: number[] = [];
    const onSample = ({ payload }: { payload: Buffer }) => numbers.push(Number.parseInt(decodeText(payload).data as string, 10));
    return { numbers, reader: participant.createReader({ topic, type: text, qos, onSample }) };
  }

  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
  const numbered = (i: number, size = 0) => encodeText({ data: `${i} `.padEnd(size, "x") });

  test("an echo comes back, soon after our start beside a running peer", async () => {
    const echo = peer("echo", { in: "rt/ping", out: "rt/pong" });
    await echo.said("ready");
    const startedAt = performance.now();
    const us = await open();
    const { numbers, reader } = collect(us, "rt/pong");
    const writer = us.createWriter({ topic: "rt/ping", type: text });
    await until("matched", () => writer.readers.size === 1 && reader.writers.size === 1, 5000);
    expect(performance.now() - startedAt).toBeLessThan(5 * 500);
    for (const i of upTo(100)) {
      writer.write(numbered(i));
      // The peer matches our reader on its own time, so the first answers may precede that.
      if (i > 10) await until(`echo of ${i}`, () => numbers.includes(i));
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(numbers.slice(-80)).toEqual(upTo(100).slice(-80));
  });

  test("every sample at 5,000 per second arrives once and in order", async () => {
    const us = await open();
    const { numbers, reader } = collect(us, "rt/text");
    const count = soak ? 100_000 : 5000;
    const sent = await peer("publish", { topic: "rt/text", count, rate: 5000, size: 100, linger: 1 }).said("sent", 40_000);
    expect(sent).toMatchObject({ count, acknowledged: true });
    await until("all", () => numbers.length === count);
    expect(numbers).toEqual(upTo(count));
    expect(reader.stats.lost).toBe(0);
  });

  test("what we write as fast as the reader acknowledges arrives once and in order", async () => {
    const us = await open();
    const count = 20_000;
    const subscriber = peer("subscribe", { topic: "rt/text", count, depth: 100_000 });
    await subscriber.said("ready");
    const writer = us.createWriter({ topic: "rt/text", type: text, qos: { ...defaultQos, keep: "all" } });
    await until("matched", () => writer.readers.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const i of upTo(count)) while (writer.write(numbered(i)) === undefined) await writer.room();
    expect(await subscriber.said("received")).toMatchObject({ count, gaps: 0, repeats: 0 });
  });

  test("samples of a megabyte arrive in both directions", async () => {
    const us = await open();
    const { numbers } = collect(us, "rt/in");
    peer("publish", { topic: "rt/in", count: 10, size: 1_000_000, depth: 20, linger: 5 });
    await until("ten in", () => numbers.length === 10, 20_000);
    expect(numbers).toEqual(upTo(10));
    const subscriber = peer("subscribe", { topic: "rt/out", count: 10, depth: 20, participant: 4 });
    await subscriber.said("ready");
    const writer = us.createWriter({ topic: "rt/out", type: text, qos: { ...defaultQos, keep: "all" } });
    await until("matched", () => writer.readers.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const i of upTo(10)) writer.write(numbered(i, 1_000_000));
    expect(await subscriber.said("received", 20_000)).toMatchObject({ count: 10, gaps: 0, repeats: 0 });
  });

  test("transient-local history reaches whoever comes late, in both directions", async () => {
    peer("publish", { topic: "rt/in", count: 5, depth: 5, transient: 1, wait: 0, linger: 20 });
    const us = await open();
    const writer = us.createWriter({ topic: "rt/out", type: text, qos: { ...latchedQos, depth: 5 } });
    for (const i of upTo(8)) writer.write(numbered(i));
    const { numbers } = collect(us, "rt/in", { ...latchedQos, depth: 5 });
    await until("history in", () => numbers.length === 5);
    expect(numbers).toEqual(upTo(5));
    const subscriber = peer("subscribe", { topic: "rt/out", transient: 1, depth: 5, count: 5, participant: 4 });
    expect(await subscriber.said("received")).toMatchObject({ count: 5, gaps: 0 });
  });

  test("a reader that comes late to a running writer goes on from where it begins without a break", async () => {
    peer("publish", { topic: "rt/late", rate: 200, wait: 0, depth: 1000 });
    const early = collect(await open(), "rt/late");
    await until("it has written for a while", () => early.numbers.length > 200);
    const late = collect(await open(), "rt/late");
    await until("flows", () => late.numbers.length > 100);
    const [begins = 0] = late.numbers;
    expect(late.numbers).toEqual(upTo(late.numbers.length).map((i) => begins + i));
    expect(late.reader.stats.lost).toBe(0);
  });

  test("best effort flows in both directions", async () => {
    const us = await open();
    const { numbers } = collect(us, "rt/in", bestEffortQos);
    peer("publish", { topic: "rt/in", rate: 200, reliable: 0 });
    const subscriber = peer("subscribe", { topic: "rt/out", reliable: 0, count: 20, participant: 4 });
    const writer = us.createWriter({ topic: "rt/out", type: text, qos: bestEffortQos });
    await until("in", () => numbers.length >= 20);
    await until("matched", () => writer.readers.size === 1);
    let i = 0;
    const timer = setInterval(() => writer.write(numbered(i++)), 5);
    closing.push(() => clearInterval(timer));
    await subscriber.said("received");
  });

  test("our messages mean there what they mean here", async () => {
    const us = await open();
    const decode = compileDecoder(types, "plainview_msgs/Telemetry");
    const seen: unknown[] = [];
    us.createReader({ topic: "rt/in", type: telemetry, onSample: ({ payload }) => seen.push(decode(payload)) });
    peer("publish", { topic: "rt/in", type: "telemetry", count: 1, linger: 5 });
    await until("telemetry in", () => seen.length > 0);
    const common = { device_type: "roustabout", latitude: 29.7604, longitude: -95.3698, altitude: 12.5, battery: 87.5 };
    expect(seen[0]).toEqual({ device_id: "0 ", ...common, sensor_readings: Int32Array.of(11, 22, 33, 44) });
    const subscriber = peer("subscribe", { topic: "rt/out", type: "telemetry", count: 1, participant: 4 });
    const writer = us.createWriter({ topic: "rt/out", type: telemetry, qos: latchedQos });
    writer.write(compileEncoder(types, "plainview_msgs/Telemetry")({ device_id: "7", ...common, sensor_readings: [1, 2] }));
    await until("matched", () => writer.readers.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    writer.write(compileEncoder(types, "plainview_msgs/Telemetry")({ device_id: "8", ...common, sensor_readings: [1, 2] }));
    expect(await subscriber.said("received")).toMatchObject({ count: 1 });
    if (kind === "cyclone")
      expect(await subscriber.said("telemetry")).toMatchObject({ type: "roustabout", latitude: 29.7604, readings: 2, second: 2 });
  });

  test("a service answers", async () => {
    const server = peer("service", { name: "arm" });
    await server.said("ready");
    const us = await open();
    const { request, reply } = ddsServiceNames("/arm");
    const [requestType, replyType] = ["std_srvs/srv/SetBool_Request", "std_srvs/srv/SetBool_Response"] as const;
    const spec = { requestTopic: request, replyTopic: reply, requestType: ddsTypeName(requestType), replyType: ddsTypeName(replyType) };
    const client = new ServiceClient(us, spec, env);
    await until("available", () => client.isAvailable);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const decode = compileDecoder(types, replyType);
    for (const data of [true, false, true]) {
      const answer = decode(await client.call(compileEncoder(types, requestType)({ data }), 5000));
      expect(answer).toEqual({ success: data, message: data ? "armed" : "disarmed" });
    }
  });

  test("an offer below our request is told with its policy", async () => {
    const us = await open();
    const seen = record(us);
    collect(us, "rt/in");
    peer("publish", { topic: "rt/in", rate: 10, reliable: 0, wait: 0 });
    await until("told", () => seen.some((event) => event.kind === "incompatible" && event.policies.join() === "reliability"));
  });

  test("a peer that stops is gone at once, one that is killed within its lease, and both are found again", async () => {
    const us = await open();
    const seen = record(us);
    const { numbers } = collect(us, "rt/in");
    const lost = (reason: string) => seen.filter((event) => event.kind === "participant-lost" && event.reason === reason).length;
    const publish = () => peer("publish", { topic: "rt/in", rate: 100, lease: 2, deadline: 0 });
    const first = publish();
    await until("flows", () => numbers.length > 5);
    await first.stop();
    await until("gone at once", () => lost("disposed") === 1, 3000);
    numbers.length = 0;
    const second = publish();
    await until("flows again", () => numbers.length > 5);
    await second.kill();
    await until("gone within its lease", () => lost("lease-ran-out") === 1, 5 * 2000);
    numbers.length = 0;
    publish();
    await until("flows a third time", () => numbers.length > 5);
  });

  test("our restart is noticed and the flow goes on", async () => {
    peer("publish", { topic: "rt/in", rate: 200, wait: 0 });
    for (const round of upTo(3)) {
      const us = await openOnLoopback(domain, env);
      const { numbers } = collect(us, "rt/in");
      await until(`flow in round ${round}`, () => numbers.length > 20);
      await us.close();
    }
  });

  test("nothing is lost at 5 % packet loss with a depth of a thousand, in either direction", async () => {
    const ports = (id: number) => ({ discovery: discoveryPort(domain, id), user: userPort(domain, id) });
    const weather = { loss: 0.05, reorder: 0.02, duplicate: 0.01 };
    const { relay, faces } = await LossyRelay.start(ports(0), ports(1), weather, seeded(5));
    closing.push(() => relay.close());
    const us = await open({ initialPeers: [`127.0.0.1:${faces.right.discovery}`] });
    const toUs = { participant: 1, peer: faces.left.discovery, depth: 1000 };
    const count = soak ? 20_000 : 1500;
    const { numbers, reader } = collect(us, "rt/in");
    const publisher = peer("publish", { topic: "rt/in", count, rate: 1000, size: 100, settle: 1000, linger: 10, ...toUs });
    await publisher.said("sent", 60_000);
    await until("all in", () => numbers.length === count, 20_000);
    expect(numbers).toEqual(upTo(count));
    expect(reader.stats.lost).toBe(0);
    await publisher.stop();
    const subscriber = peer("subscribe", { topic: "rt/out", count, ...toUs, depth: 100_000 });
    await subscriber.said("ready");
    const writer = us.createWriter({ topic: "rt/out", type: text, qos: { ...defaultQos, keep: "all" } });
    await until("matched", () => writer.readers.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (const i of upTo(count)) while (writer.write(numbered(i, 800)) === undefined) await writer.room();
    expect(await subscriber.said("received", 40_000)).toMatchObject({ count, gaps: 0, repeats: 0 });
    expect(relay.counters.lost).toBeGreaterThan(count / 50);
  });

  if (kind === "cyclone") {
    test("a hundred topics are found and all of them flow", async () => {
      const many = peer("many", { count: 100, rate: 10 });
      await many.said("ready");
      const us = await open();
      const flowing = new Set<string>();
      us.listen((event) => {
        if (event.kind !== "endpoint-found" || event.endpoint.kind !== "writer" || event.endpoint.type !== telemetry) return;
        const { topic } = event.endpoint;
        us.createReader({ topic, type: telemetry, onSample: () => flowing.add(topic) });
      });
      await until("all hundred", () => flowing.size === 100, 10_000);
    });
  }
}
