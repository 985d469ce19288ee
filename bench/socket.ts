import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { configOf, samplesFact } from "#test/fakes/facts.ts";
import { serverRig, type Rig } from "#test/fakes/server-rig.ts";
import type { BenchRow } from "./row.ts";
import { commandRows } from "./socket/commands.ts";
import { at } from "./socket/figures.ts";

const screens = 200;
const subscriptions = 20;
const pointsEach = 1_000;
const fanOutSeconds = 8;

/** Commands on the control channel, and values to two hundred screens with and without one that never reads. */
export async function rows(): Promise<readonly BenchRow[]> {
  return [...(await commandRows()), await fanOutRow()];
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

if (process.argv[2] === "screens" && process.send) await beScreens(process.argv[3] ?? "", process.argv[4] === "stalled");
