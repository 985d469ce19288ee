import { buildPeer } from "#adapters/ros2/peers/build.ts";
import { Peer, type PeerLine } from "#adapters/ros2/peers/peer.ts";
import { defaultQos, type Participant } from "#adapters/ros2/rtps/index.ts";
import { claimDomain, openOnLoopback, until } from "#adapters/ros2/rtps/testing/domain.ts";
import { liveEnvironment } from "#adapters/ros2/rtps/testing/live-environment.ts";
import { compileDecoder, compileEncoder, ddsTypeName, standardTypes } from "#adapters/ros2/types/index.ts";
import type { BenchRow } from "./row.ts";

const env = liveEnvironment();
const types = standardTypes();
const text = ddsTypeName("std_msgs/String");
const encode = compileEncoder(types, "std_msgs/String");
const decode = compileDecoder(types, "std_msgs/String");
const rounds = 3;

/** Our RTPS core beside a C program on Cyclone DDS talking to another one, all on loopback. */
export async function rows(): Promise<readonly BenchRow[]> {
  const program = await buildPeer("cyclone");
  if (program === undefined) return [];
  const bench = new Ros2Bench(program, await claimDomain());
  return [
    await bench.start(),
    ...(await bench.roundTrip()),
    ...(await bench.smallIn()),
    ...(await bench.smallOut()),
    ...(await bench.large()),
  ];
}

class Ros2Bench {
  private readonly program: string;
  private readonly domain: number;

  constructor(program: string, domain: number) {
    this.program = program;
    this.domain = domain;
  }

  /** From opening a participant to the first sample of a peer that has been publishing all along. */
  async start(): Promise<BenchRow> {
    const publisher = this.peer("publish", { topic: "rt/in", rate: 1000, wait: 0, size: 50 });
    const ms: number[] = [];
    for (let round = 0; round < rounds * 3; round++) {
      const begun = performance.now();
      const us = await openOnLoopback(this.domain, env);
      await new Promise<void>((resolve) => us.createReader({ topic: "rt/in", type: text, onSample: () => resolve() }));
      ms.push(performance.now() - begun);
      await us.close();
    }
    await publisher.stop();
    return { what: "ms from start to the first sample", ours: median(ms).toFixed(1), peer: "100", ratio: median(ms) / 100, bar: "≤ 1" };
  }

  async roundTrip(): Promise<BenchRow[]> {
    const echo = this.peer("echo", { in: "rt/ping", out: "rt/pong" });
    await echo.said("ready");
    const ours: { p50: number; p99: number }[] = [];
    const theirs: { p50: number; p99: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await this.with((us) => this.ping(us)));
      const said = await this.done("ping", { in: "rt/ping", out: "rt/pong", count: 3000, size: 50 }, "pinged");
      theirs.push({ p50: Number(said.p50) * 1e6, p99: Number(said.p99) * 1e6 });
    }
    await echo.stop();
    const of = (figures: { p50: number; p99: number }[], which: "p50" | "p99") => median(figures.map((figure) => figure[which]));
    return (["p50", "p99"] as const).map((which) => row(`round trip ${which} µs, 50 B`, of(ours, which), of(theirs, which), "≤ 2"));
  }

  /** 20,000 messages a second for three seconds: how many were lost, and what a message costs. */
  async smallIn(): Promise<BenchRow[]> {
    const options = { count: 60_000, rate: 20_000, size: 100, settle: 300, linger: 1 };
    const ours = await this.with((us) => this.receive(us, options));
    const theirs = await this.receiveInC(options);
    return [
      {
        what: "lost of 60,000 in at 20,000/s, 100 B",
        ours: String(60_000 - ours.count),
        peer: String(60_000 - theirs.count),
        ratio: undefined,
        bar: "0",
      },
      row("CPU µs per message in", (ours.cpu / ours.count) * 1e6, (theirs.cpu / theirs.count) * 1e6),
    ];
  }

  async smallOut(): Promise<BenchRow[]> {
    const ours = await this.with((us) => this.send(us, 200_000, 50));
    const theirs = await this.sendInC(200_000, 50);
    return [
      { ...row("messages/s out, acknowledged, 50 B", ours.rate, theirs.rate), bar: "ours ≥ 100,000/s" },
      row("CPU µs per message out", ours.cpuUs, theirs.cpuUs),
    ];
  }

  async large(): Promise<BenchRow[]> {
    const found: BenchRow[] = [];
    for (const [name, size, count, bar] of [
      ["64 kB", 64_000, 2000, undefined],
      ["1 MB", 1_000_000, 100, "ours ≥ 50/s"],
    ] as const) {
      const out = { ours: await this.with((us) => this.send(us, count, size)), theirs: await this.sendInC(count, size) };
      found.push({ ...row(`messages/s out, acknowledged, ${name}`, out.ours.rate, out.theirs.rate), ...(bar && { bar }) });
      const options = { count, size, rate: 0, depth: count, settle: 300, keep: "all", linger: 3 };
      const ours = await this.with((us) => this.receive(us, options));
      const theirs = await this.receiveInC(options);
      found.push({ ...row(`messages/s in, ${name}`, ours.count / ours.seconds, theirs.count / theirs.seconds), ...(bar && { bar }) });
    }
    return found;
  }

  private async ping(us: Participant): Promise<{ p50: number; p99: number }> {
    let answered: ((index: number) => void) | undefined;
    const reader = us.createReader({
      topic: "rt/pong",
      type: text,
      onSample: ({ payload }) => answered?.(Number.parseInt(decode(payload).data as string, 10)),
    });
    const writer = us.createWriter({ topic: "rt/ping", type: text });
    await until("matched", () => writer.readers.size > 0 && reader.writers.size > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const trips: number[] = [];
    const warmUp = 1000;
    for (let i = 0; i < warmUp + 3000; i++) {
      const payload = encode({ data: `${i} `.padEnd(50, "x") });
      const begun = performance.now();
      const back = new Promise<void>((resolve) => (answered = (index) => index === i && resolve()));
      writer.write(payload);
      await back;
      if (i >= warmUp) trips.push((performance.now() - begun) * 1000);
    }
    trips.sort((a, b) => a - b);
    return { p50: trips[trips.length >> 1]!, p99: trips[Math.floor(trips.length * 0.99)]! };
  }

  private async receive(
    us: Participant,
    options: Record<string, string | number>,
  ): Promise<{ count: number; seconds: number; cpu: number }> {
    let count = 0;
    let first = 0;
    let last = 0;
    us.createReader({
      topic: "rt/in",
      type: text,
      onSample: () => {
        last = performance.now();
        if (count++ === 0) first = last;
      },
    });
    const cpu = process.cpuUsage();
    const publisher = this.peer("publish", { topic: "rt/in", ...options });
    await publisher.said("sent", 60_000);
    await until("quiet", () => count === options.count || performance.now() - last > 1000);
    const used = process.cpuUsage(cpu);
    await publisher.stop();
    return { count, seconds: (last - first) / 1000, cpu: (used.user + used.system) / 1e6 };
  }

  private async receiveInC(options: Record<string, string | number>): Promise<{ count: number; seconds: number; cpu: number }> {
    const subscriber = this.peer("subscribe", { topic: "rt/in", count: Number(options.count), depth: 100_000 });
    await subscriber.said("ready");
    const publisher = this.peer("publish", { topic: "rt/in", ...options });
    await publisher.said("sent", 60_000);
    const said = await subscriber.said("received", 3000).catch(() => subscriber.stop());
    await Promise.all([publisher.stop(), subscriber.stop()]);
    return { count: Number(said?.count), seconds: Number(said?.seconds), cpu: Number(said?.cpu) };
  }

  private async send(us: Participant, count: number, size: number): Promise<{ rate: number; cpuUs: number }> {
    const subscriber = this.peer("subscribe", { topic: "rt/out", count, depth: 100_000 });
    await subscriber.said("ready");
    const writer = us.createWriter({ topic: "rt/out", type: text, qos: { ...defaultQos, keep: "all" } });
    await until("matched", () => writer.readers.size > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const payload = encode({ data: "x".repeat(size) });
    const cpu = process.cpuUsage();
    const begun = performance.now();
    for (let i = 0; i < count; i++) while (writer.write(payload) === undefined) await writer.room();
    if (!(await writer.acknowledged(30_000))) throw new Error("not everything was acknowledged");
    const seconds = (performance.now() - begun) / 1000;
    const used = process.cpuUsage(cpu);
    await subscriber.stop();
    return { rate: count / seconds, cpuUs: (used.user + used.system) / count };
  }

  private async sendInC(count: number, size: number): Promise<{ rate: number; cpuUs: number }> {
    const subscriber = this.peer("subscribe", { topic: "rt/out", count, depth: 100_000 });
    await subscriber.said("ready");
    const said = await this.done("publish", { topic: "rt/out", count, size, rate: 0, keep: "all", settle: 300 }, "sent");
    await subscriber.stop();
    return { rate: count / Number(said.allSeconds), cpuUs: (Number(said.cpu) * 1e6) / count };
  }

  private async with<T>(run: (us: Participant) => Promise<T>): Promise<T> {
    const us = await openOnLoopback(this.domain, env);
    try {
      return await run(us);
    } finally {
      await us.close();
    }
  }

  private peer(mode: string, options: Record<string, string | number>): Peer {
    return new Peer(this.program, "cyclone", mode, { domain: this.domain, ...options });
  }

  private async done(mode: string, options: Record<string, string | number>, event: string): Promise<PeerLine> {
    const peer = this.peer(mode, options);
    const said = await peer.said(event, 60_000);
    await peer.stop();
    return said;
  }
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
}

function row(what: string, ours: number, peer: number, bar?: string): BenchRow {
  const shown = (figure: number) => (figure >= 100 ? Math.round(figure).toLocaleString("en-US") : figure.toFixed(1));
  return { what, ours: shown(ours), peer: shown(peer), ratio: ours / peer, ...(bar === undefined ? {} : { bar }) };
}
