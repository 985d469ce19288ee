import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeSync, fdatasyncSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket, WebSocketServer } from "ws";
import { configOf, samplesFact } from "#test/fakes/facts.ts";
import { serverRig, type Rig } from "#test/fakes/server-rig.ts";
import type { BenchRow } from "./row.ts";

const trips = 3_000;
const screens = 200;
const subscriptions = 20;
const pointsEach = 1_000;
const fanOutSeconds = 8;

/**
 * The control channel beside a bare `ws` echo, and values to two hundred screens with and without one that never reads. The
 * desk is the tests' own, which records nothing: what the record costs is measured where the desk is.
 */
export async function rows(): Promise<readonly BenchRow[]> {
  return [...(await ackRows()), await fanOutRow()];
}

async function ackRows(): Promise<readonly BenchRow[]> {
  const rig = serverRig({ options: { limits: { framesPerSecond: 1e9, frameBurst: 1e9 } } });
  const server = await rig.listen();
  // The echo has nothing to do after its answer; what follows an ack is counted in the row about rates.
  rig.desk.ends = "by hand";
  const echo = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  echo.on("connection", (socket) => socket.on("message", (data) => socket.send(JSON.stringify(JSON.parse(String(data))))));
  await new Promise((resolve) => echo.once("listening", resolve));
  const echoUrl = `ws://127.0.0.1:${(echo.address() as { port: number }).port}`;
  const frame = JSON.stringify({ type: "point.write", point: "north/pump/speed", value: 1, requestId: "r" });
  const isAck = (text: string): boolean => text.startsWith('{"type":"ack"');
  const isEcho = (): boolean => true;
  // A round to warm both up, then both measured.
  await roundTrips(echoUrl, frame, isEcho, 300);
  await roundTrips(`${server.url.replace("http", "ws")}/control`, frame, isAck, 300);
  const bare = await roundTrips(echoUrl, frame, isEcho, trips);
  const ours = await roundTrips(`${server.url.replace("http", "ws")}/control`, frame, isAck, trips);
  const bareRate = await pipelined(echoUrl, frame, isEcho, 20_000);
  rig.desk.ends = "confirmed";
  const oursRate = await pipelined(`${server.url.replace("http", "ws")}/control`, frame, isAck, 20_000);
  const sync = syncTimes(200);
  echo.close();
  await server.close();
  return [
    {
      what: "socket: point.write to ack, one at a time",
      ours: `p50 ${us(ours, 0.5)}, p99 ${us(ours, 0.99)}`,
      peer: `p50 ${us(bare, 0.5)}, p99 ${us(bare, 0.99)}, bare ws echo with JSON in and out`,
      ratio: at(ours, 0.5) / at(bare, 0.5),
      bar: "at most 3 x the echo at p50",
    },
    {
      what: "socket: point.write frames a second on one connection, each with ack and four events",
      ours: `${Math.round(oursRate)}/s`,
      peer: `${Math.round(bareRate)}/s, bare ws echo`,
      ratio: oursRate / bareRate,
      bar: "at least 5,000/s, with the audit on measured at the desk",
    },
    {
      what: "a bare fdatasync on this disk, which `requested` waits for",
      ours: `p50 ${us(sync, 0.5)}, p99 ${us(sync, 0.99)}`,
      peer: "",
      ratio: undefined,
    },
  ];
}

/** Times of single round trips in ms, sorted. */
function roundTrips(url: string, frame: string, isAnswer: (text: string) => boolean, count: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const times: number[] = [];
    let begin = 0;
    const send = (): void => {
      begin = performance.now();
      socket.send(frame);
    };
    socket.on("open", send);
    socket.on("error", reject);
    socket.on("message", (data) => {
      if (!isAnswer(String(data))) return;
      times.push(performance.now() - begin);
      if (times.length < count) return void setImmediate(send);
      socket.terminate();
      resolve(times.sort((a, b) => a - b));
    });
  });
}

/** Answers a second with two hundred frames under way. */
function pipelined(url: string, frame: string, isAnswer: (text: string) => boolean, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    let answered = 0;
    let sent = 0;
    let begin = 0;
    socket.on("error", reject);
    socket.on("open", () => {
      begin = performance.now();
      for (; sent < 200; sent++) socket.send(frame);
    });
    socket.on("message", (data) => {
      if (!isAnswer(String(data))) return;
      if (sent++ < count) socket.send(frame);
      if (++answered < count) return;
      socket.terminate();
      resolve((count / (performance.now() - begin)) * 1_000);
    });
  });
}

function syncTimes(count: number): number[] {
  const folder = mkdtempSync(join(tmpdir(), "plainview-bench-"));
  const file = openSync(join(folder, "sync"), "w");
  const times = Array.from({ length: count }, () => {
    const begin = performance.now();
    writeSync(file, "x".repeat(200));
    fdatasyncSync(file);
    return performance.now() - begin;
  });
  closeSync(file);
  rmSync(folder, { recursive: true });
  return times.sort((a, b) => a - b);
}

async function fanOutRow(): Promise<BenchRow> {
  const without = await fanOut(false);
  const withOne = await fanOut(true);
  return {
    what: `socket: ${subscriptions} subscriptions over ${screens} screens, ${pointsEach} points each at 10 Hz, one screen never reads`,
    ours: `p99 ${withOne.p99.toFixed(1)} ms (p50 ${withOne.p50.toFixed(1)}), ${Math.round(withOne.frames / fanOutSeconds)} frames/s`,
    peer: `p99 ${without.p99.toFixed(1)} ms (p50 ${without.p50.toFixed(1)}), ${Math.round(without.frames / fanOutSeconds)} frames/s without it`,
    ratio: withOne.p99 / without.p99,
    bar: "p99 at most 1.2 x without",
  };
}

interface Heard {
  readonly p50: number;
  readonly p99: number;
  readonly frames: number;
}

/** Screens live in a process of their own, so that their work is not counted as ours; the delay is from publish to arrival. */
async function fanOut(stalled: boolean): Promise<Heard> {
  const rig = serverRig({ plant: configOf(subscriptions * pointsEach, { area: "area-1" }) });
  const server = await rig.listen();
  const child = fork(fileURLToPath(import.meta.url), ["screens", server.url, stalled ? "stalled" : "reading"], { execArgv: [] });
  try {
    await told(child, "ready");
    const feed = feeder(rig);
    await new Promise((resolve) => setTimeout(resolve, fanOutSeconds * 1_000));
    clearInterval(feed);
    child.send("report");
    return (await told(child, "heard")) as Heard & { type: string };
  } finally {
    child.kill();
    await server.close();
  }
}

/** Every point ten times a second; the source time carries the moment of publishing in microseconds. */
function feeder(rig: Rig): ReturnType<typeof setInterval> {
  let round = 0;
  return setInterval(() => {
    round++;
    for (let subscription = 0; subscription < subscriptions; subscription++) {
      const sourceTime = Math.round((performance.timeOrigin + performance.now()) * 1_000);
      const rowsOfOne = Array.from({ length: pointsEach }, (_, i) => ({
        key: subscription * pointsEach + i + 1,
        value: round + i,
        sourceTime,
      }));
      rig.publish(samplesFact(rowsOfOne, "pushed"));
    }
  }, 100);
}

function told(child: ChildProcess, type: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const listen = (message: unknown): void => {
      if ((message as { type?: string }).type !== type) return;
      child.off("message", listen);
      resolve(message);
    };
    child.on("message", listen);
    child.once("exit", () => reject(new Error("the screens went away")));
  });
}

/** The other process: opens the screens, counts, and reports. */
async function beScreens(url: string, stalled: boolean): Promise<void> {
  const delays: number[] = [];
  let frames = 0;
  const sockets: WebSocket[] = [];
  for (let screen = 0; screen < screens; screen++) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/control`, { perMessageDeflate: false });
    sockets.push(socket);
    await new Promise((resolve) => socket.once("open", resolve));
    const first = (screen % subscriptions) * pointsEach + 1;
    const patterns = Array.from({ length: pointsEach }, (_, i) => `p-${first + i}`);
    socket.send(JSON.stringify({ type: "subscribe", patterns, form: "columns" }));
    if (stalled && screen === 0) {
      socket.pause();
      continue;
    }
    socket.on("message", (data) => {
      const text = String(data as Buffer);
      if (!text.startsWith('{"type":"columns"')) return;
      frames++;
      // Parsing all of it would measure the screens; the first source time is enough.
      const from = text.indexOf('"sourceTimesUs":[') + 17;
      const sentUs = Number(text.slice(from, from + 16));
      delays.push(performance.timeOrigin + performance.now() - sentUs / 1_000);
    });
  }
  process.on("message", () => {
    const sorted = delays.slice(Math.floor(delays.length / 8)).sort((a, b) => a - b);
    process.send?.({ type: "heard", p50: at(sorted, 0.5), p99: at(sorted, 0.99), frames });
  });
  process.send?.({ type: "ready" });
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function us(sorted: readonly number[], share: number): string {
  return `${Math.round(at(sorted, share) * 1_000)} µs`;
}

if (process.argv[2] === "screens" && process.send) await beScreens(process.argv[3] ?? "", process.argv[4] === "stalled");
