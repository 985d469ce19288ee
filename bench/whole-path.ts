// The load of Neuron's own figure (10 devices x 10 groups x 1,000 points once a second) through the whole gateway.
import { fork, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import settings from "#src/cli/start-settings.json" with { type: "json" };
import type { BenchRow } from "./row.ts";
import { at, shown, syncTimes } from "./socket/figures.ts";
import { startGateway, type StartedGateway } from "./whole-path/gateway.ts";
import { commanded, groupsEach, links, pointsEach, siteText } from "./whole-path/site.ts";

/** What Neuron takes of a processor for each point of this load, without storing it. */
const neuronUs = 6.7;
const residentMib = 250;
const evidenceMs = 10;
/** Neuron runs out at about this many points a second. */
const neuronMost = 400_000;
const floodedPollMs = 125;
const warmMs = 5_000;
const measuredMs = 8_000;
const load = `${links} devices x ${groupsEach} groups x ${pointsEach} points once a second`;

interface Used {
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly rss: number;
}

/** What a process has used so far, and how many points it has heard. */
type Look = () => Promise<{ readonly cpuUs: number; readonly rss: number; readonly heard: number }>;

export async function rows(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "plainview-bench-"));
  // Open to enter, so that a gateway run by root keeps its database in here and not under /var/lib: what is removed is all there was.
  chmodSync(folder, 0o755);
  const devices = start("devices", []);
  try {
    const { ports } = (await told(devices, "ready")) as unknown as { ports: number[] };
    const bare = await withoutStorage(folder, ports);
    // First the flood: what it leaves behind is compiled code, as every start but the first after an installation finds it.
    const flooded = await startGateway(join(folder, "flooded"), siteText(ports, floodedPollMs));
    const flood = await used(lookAt(flooded));
    await flooded.stop();
    const stored = await startGateway(join(folder, "stored"), siteText(ports, 1_000));
    const whole = await used(lookAt(stored));
    const evidence = await commandsWithEvidence(stored.url, 40);
    const sync = syncTimes(folder, 100);
    await stored.stop();
    return [
      cpuRow("without storage", bare, 1),
      cpuRow("with journal and embedded PostgreSQL", whole, 1.5),
      {
        what: `resident memory of the gateway under ${load}, with storage`,
        ours: `${Math.round(whole.rss)} MiB (${Math.round(bare.rss)} without storage)`,
        peer: `${residentMib} MiB is the bar`,
        ratio: whole.rss / residentMib,
        bar: "at most 1",
      },
      {
        what: "command to its evidence under that load, over the channel",
        ours: `p50 ${at(evidence, 0.5).toFixed(1)} ms, p90 ${at(evidence, 0.9).toFixed(1)} ms`,
        peer: `${evidenceMs} ms is the bar; a bare fdatasync meanwhile, of which each command waits for two: ${shown(sync)}`,
        ratio: at(evidence, 0.5) / evidenceMs,
        bar: "at most 1",
      },
      {
        what: `points a second read when ${(links * groupsEach * pointsEach * 1_000) / floodedPollMs} are asked for, journal and database beside it taking what they can`,
        ours: `${Math.round(flood.perSecond / 1000)} k/s, ${Math.round(flood.rss)} MiB`,
        peer: `${neuronMost / 1000} k/s, where Neuron runs out by its own figure`,
        ratio: flood.perSecond / neuronMost,
      },
    ];
  } finally {
    devices.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function cpuRow(how: string, { cpuUs, perSecond }: Used, bar: number): BenchRow {
  return {
    what: `CPU of the gateway for each point, ${load}, ${how}`,
    ours: `${cpuUs.toFixed(2)} µs at ${Math.round(perSecond / 1000)} k points/s`,
    peer: `${neuronUs} µs, Neuron's own figure, without storage`,
    ratio: cpuUs / neuronUs,
    bar: `at most ${bar}`,
  };
}

/** Adapter, host, timeline and taps alone, in a process of their own with the gateway's settings. */
async function withoutStorage(folder: string, ports: readonly number[]): Promise<Used> {
  const siteFile = join(folder, "without.yaml");
  writeFileSync(siteFile, siteText(ports, 1_000));
  const child = start("without", [siteFile]);
  await told(child, "ready");
  const bare = await used(async () => {
    const answer = told(child, "mark");
    child.send("mark");
    return (await answer) as unknown as Awaited<ReturnType<Look>>;
  });
  child.kill();
  await new Promise((resolve) => child.once("exit", resolve));
  return bare;
}

function start(role: string, args: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL("./whole-path/child.ts", import.meta.url));
  const env = { ...process.env, ...settings.env, NODE_COMPILE_CACHE: join(tmpdir(), "plainview-bench-code") };
  return fork(script, [role, ...args], { execArgv: [...settings.flags, "--disable-warning=ExperimentalWarning"], env });
}

function told(child: ChildProcess, type: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const listen = (message: unknown): void => {
      if ((message as { type?: string }).type !== type) return;
      child.off("message", listen);
      resolve(message as Record<string, unknown>);
    };
    child.on("message", listen);
    child.once("exit", (code) => reject(new Error(`a process of the bench ended with ${code}`)));
  });
}

function lookAt(gateway: StartedGateway): Look {
  return async () => ({ ...gateway.used(), heard: await pointsHeard(gateway.url) });
}

/** Over the measured seconds, after all is warm. */
async function used(look: Look): Promise<Used> {
  await pause(warmMs);
  const [from, before] = [performance.now(), await look()];
  await pause(measuredMs);
  const [to, after] = [performance.now(), await look()];
  const points = after.heard - before.heard;
  return { cpuUs: (after.cpuUs - before.cpuUs) / points, perSecond: (points / (to - from)) * 1_000, rss: after.rss / 2 ** 20 };
}

/** Points heard so far on all links, as the gateway's own metrics have them. */
async function pointsHeard(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const heard = [...text.matchAll(/^plainview_link_points_total\{[^}]*device=""[^}]*\} (\d+)/gm)];
  return heard.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** One command after the other, with pauses that meet the load at every phase; from the frame to `confirmed`, in ms, sorted. */
async function commandsWithEvidence(url: string, count: number): Promise<number[]> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/control`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    await pause(90 + ((n * 37) % 60));
    const begin = performance.now();
    socket.send(JSON.stringify({ type: "point.write", point: commanded, value: 100 + n, priority: 16 }));
    await new Promise<void>((resolve, reject) => {
      const hear = (data: unknown): void => {
        const text = String(data as Buffer);
        const end = /"type":"command\.(confirmed|failed|mismatch|unknown|expired|rejected)"/.exec(text)?.[1];
        if (end === undefined) return;
        socket.off("message", hear);
        if (end === "confirmed") resolve();
        else reject(new Error(text));
      };
      socket.on("message", hear);
    });
    times.push(performance.now() - begin);
  }
  socket.terminate();
  return times.sort((a, b) => a - b);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
