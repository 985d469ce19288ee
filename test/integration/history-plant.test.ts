import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemo, type Demo } from "#demo/start.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { handedOver, isAllStored, judgePlant, type Verdict } from "#test/fakes/plant-oracle.ts";
import { ask, until } from "#test/fakes/recording.ts";
import { relayTo, type Relay } from "#test/fakes/relay.ts";

// The whole gateway under the demo's whole load, judged by what the devices themselves logged. In the soak the database is away
// for minutes; in `npm test` for seconds.
const full = process.env.PLAINVIEW_SOAK !== undefined;
const awayMs = full ? 190_000 : 3_000;
const betweenMs = full ? 10_000 : 1_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "plainview-plant-"));
chmodSync(folder, 0o755);
const clockFile = join(folder, "clock");
let server: TestServer;
let demo: Demo;
let relay: Relay | undefined;
let gateway: ChildProcess | undefined;
/** The end of what the gateway wrote since it was started. */
let said = "";

beforeAll(async () => {
  server = await testServer();
  demo = await startDemo({ seed: 7, logLimits: { reads: 200_000, others: 200_000 } });
});
afterAll(async () => {
  await end("SIGKILL");
  await relay?.close();
  await demo.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Where the gateway finds the database: a server that is not ours to stop has a door in front. */
async function doorTo(url: string): Promise<string> {
  if (server.own) return url;
  const door = new URL(url);
  relay = await relayTo({ host: door.hostname, port: Number(door.port || 5432) });
  door.host = `127.0.0.1:${relay.port}`;
  return door.href;
}

async function away(): Promise<() => Promise<void>> {
  if (relay) {
    relay.shut();
    return () => Promise.resolve(relay!.open());
  }
  await server.own!.stop();
  return () => server.own!.start();
}

async function start(url: string, maxSize: string): Promise<void> {
  const site = join(folder, "plainview.yaml");
  const text = readFileSync(path("../../demo/plainview.yaml"), "utf8").replace(/^ {2}port: 4000$/m, "  port: 0");
  writeFileSync(site, `${text}\nstore:\n  databaseUrl: ${url}\n  journal:\n    maxSize: ${maxSize}\n    keep: 1s\n`);
  const child = spawn(process.execPath, [path("../../src/cli/plainview.js"), "start", site], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      DEMO_MODBUS_PORT: String(demo.ports.modbus),
      DEMO_MQTT_PORT: String(demo.ports.mqtt),
      DEMO_BACNET_PORT: String(demo.ports.bacnet),
      DEMO_ROS2_DOMAIN: String(demo.ros2Domain),
      STEPPED_CLOCK: clockFile,
      NODE_OPTIONS: `--import ${new URL("../fakes/stepped-clock.ts", import.meta.url).href}`,
    },
  });
  gateway = child;
  said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said = (said + String(text)).slice(-10_000)));
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}:\n${said}`);
      return said.includes("is ready: open");
    },
    "the gateway serves",
    60_000,
  );
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const child = gateway;
  gateway = undefined;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

/** Waits until everything handed over by now is stored, and judges it. */
async function judged(url: string): Promise<Verdict> {
  const handed = handedOver(demo);
  await until(() => isAllStored(url, handed), "all that was handed over is stored", full ? 300_000 : 60_000);
  const verdict = await judgePlant(url, handed);
  expect(verdict.missing, "stored, or inside a declared gap").toEqual([]);
  if (verdict.toldBad > 0) console.log(`plant: ${verdict.toldBad} answers came too late, and the record says so`);
  expect(verdict.twice, "stored once").toEqual([]);
  return verdict;
}

describe("the demo plant's whole load", () => {
  test("is stored once or declared missing, whatever happens to database, clock and disk", { timeout: 1_800_000 }, async () => {
    writeFileSync(clockFile, "0");
    const direct = await server.fresh();
    const url = await doorTo(direct);
    await start(url, "1GB");
    await until(
      () =>
        isAllStored(
          direct,
          handedOver(demo).map((one) => ({ ...one, numbers: one.numbers.slice(0, 3) })),
        ),
      "rows come in",
      60_000,
    );

    const back = await away();
    await pause(awayMs);
    await back();
    const afterOutage = await judged(direct);
    expect(afterOutage.inGaps, "an outage alone loses nothing").toBe(0);

    for (const offsetMs of [3_600_000, -3_600_000, 0]) {
      writeFileSync(clockFile, String(offsetMs));
      await pause(betweenMs);
    }
    const afterSteps = await judged(direct);
    expect(afterSteps.inGaps, "a clock that jumps loses nothing").toBe(0);
    expect((await ask(direct, "SELECT 1 FROM facts WHERE kind = 'clock'")).length).toBeGreaterThan(1);

    const killedAt = performance.now();
    await end("SIGKILL");
    await start(url, "1MB");
    const downSeconds = (performance.now() - killedAt) / 1_000;
    await pause(betweenMs);
    const again = await away();
    if (full) await until(() => said.includes("the journal dropped entries that a reader had not stored"), "the budget is full", 900_000);
    await pause(full ? 20_000 : awayMs);
    await again();
    const afterFull = await judged(direct);
    const budget = afterFull.gaps.filter((gap) => gap.stream === "journal");
    // The newest checkpoint and what follows it are never dropped, and there is one every few minutes: seconds fill no budget.
    if (full) {
      expect(budget[0]?.why).toMatch(/reached its bound of .* before the reader "database" had stored it/);
      expect(afterFull.inGaps).toBeGreaterThan(0);
    } else expect(budget).toEqual([]);
    // What a killed gateway had not made durable is no longer than the time it was gone.
    const killed = afterFull.gaps.filter((gap) => gap.stream !== "journal");
    expect(killed.length).toBeGreaterThan(0);
    expect(killed.reduce((sum, gap) => sum + gap.to - gap.from, 0) / 1e6, "seconds").toBeLessThan(downSeconds + 3);
    const total = (await ask<{ n: string }>(direct, "SELECT count(*) AS n FROM samples"))[0]?.n;
    console.log(
      `plant: database away ${awayMs / 1_000} s, clock stepped by an hour three times, gateway killed, ${full ? "budget filled" : "no budget filled"}: ${total} rows, ` +
        `${afterFull.handed} numbered answers and messages, ${afterFull.inGaps} inside ${afterFull.gaps.length} declared gaps`,
    );
    await end("SIGINT");
  });
});
