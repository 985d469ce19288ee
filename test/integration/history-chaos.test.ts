import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom, between, type Random } from "#src/kit/random.ts";
import type { Acknowledged, ChaosOptions, Handed } from "#test/fakes/chaos-gateway.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { ask, until } from "#test/fakes/recording.ts";

const full = process.env.PLAINVIEW_SOAK !== undefined;
const seed = Number(process.env.PLAINVIEW_SEED ?? 20_260_301);
const rounds = full ? 30 : 5;
const script = fileURLToPath(new URL("../fakes/chaos-gateway.ts", import.meta.url));

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), "plainview-chaos-"));
const children: ChildProcess[] = [];

beforeAll(async () => {
  server = await testServer();
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The device: numbers what it hands over, and keeps the log that everything is judged by. */
class Device {
  handed = 0;
  acknowledged = 0;
  /** What each gateway in turn said it has for good. */
  readonly promised: { readonly from: number; to: number }[] = [];
  /** Around each start of a gateway, by that gateway's clock: the newest stamp known to be durable before it, and when it was ready. */
  readonly outages: { readonly from: number; readonly to: number }[] = [];
  /** The earliest stamp each entry can have, by its last number. */
  #handedAt = new Map<number, number>();
  #durableAt = Number.NEGATIVE_INFINITY;
  #clockOffsetUs = 0;
  #gateway: ChildProcess | undefined;
  #timer = setInterval(() => this.#hand(), 2);

  async connect(options: ChaosOptions): Promise<void> {
    const gateway = fork(script, [JSON.stringify(options)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    children.push(gateway);
    await once(gateway, "message");
    this.#clockOffsetUs = options.clockOffsetUs;
    this.outages.push({ from: this.#durableAt, to: this.#now() });
    const promise = { from: this.handed + 1, to: this.handed };
    this.promised.push(promise);
    gateway.on("message", ({ durable }: Acknowledged) => {
      promise.to = Math.max(promise.to, durable);
      this.acknowledged = Math.max(this.acknowledged, durable);
      this.#durableAt = Math.max(this.#durableAt, this.#handedAt.get(durable)!);
    });
    this.#gateway = gateway;
  }

  async kill(): Promise<void> {
    const gateway = this.#gateway!;
    this.#gateway = undefined;
    gateway.kill("SIGKILL");
    await once(gateway, "exit");
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #now(): number {
    return Date.now() * 1000 + this.#clockOffsetUs;
  }

  #hand(): void {
    if (!this.#gateway?.connected) return;
    const ids = Array.from({ length: 5 }, () => ++this.handed);
    this.#handedAt.set(this.handed, this.#now());
    this.#gateway.send({ ids } satisfies Handed, () => undefined);
  }
}

interface Row {
  readonly id: number;
  readonly at: number;
}

interface Gap {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
}

/** What is in the database, against what the device says. */
async function judge(url: string, device: Device): Promise<{ lost: number; broken: number; gaps: number }> {
  const us = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint::float8`;
  const rows = await ask<Row>(url, `SELECT value::int AS id, ${us("at")} AS at FROM samples ORDER BY value`);
  const gaps = await ask<Gap>(url, `SELECT stream, ${us("from_time")} AS from, ${us("to_time")} AS to FROM declared_gaps`);
  const ids = rows.map((row) => row.id);
  expect(new Set(ids).size, "nothing is stored twice").toBe(ids.length);
  expect(ids.at(-1), "the newest is stored").toBe(device.handed);
  let lost = 0;
  let broken = 0;
  const isPromised = (id: number) => device.promised.some(({ from, to }) => id >= from && id <= to);
  let before: Row = { id: 0, at: Number.NEGATIVE_INFINITY };
  for (const row of rows) {
    if (row.id > before.id + 1) {
      lost += row.id - before.id - 1;
      for (let id = before.id + 1; id < row.id; id++) if (isPromised(id)) broken++;
      const declared = gaps.some((gap) => gap.from >= before.at && gap.from <= row.at && gap.to <= row.at);
      expect(declared, `samples ${before.id + 1} to ${row.id - 1} are missing and lie inside a declared gap`).toBe(true);
    }
    before = row;
  }
  for (const gap of gaps) {
    if (gap.stream !== "gateway") continue;
    // A clock that was put back stands still until it is passed, and so does the gap.
    const isShort = gap.to - gap.from <= 1 || device.outages.some(({ from, to }) => gap.from >= from && gap.to <= to);
    expect(isShort, `the gap from ${gap.from} to ${gap.to} begins after what was acknowledged and ends when the gateway is back`).toBe(
      true,
    );
  }
  return { lost, broken, gaps: gaps.length };
}

async function stored(url: string, device: Device): Promise<void> {
  await until(() => device.acknowledged >= device.handed, "everything handed over is durable");
  await until(
    async () => (await ask(url, "SELECT 1 FROM samples WHERE value = $1", [device.handed]).catch(notYet)).length > 0,
    "the newest is in the database",
    60_000,
  );
}

/** A gateway that was killed early enough has not even made the tables; the one after it does. */
function notYet(error: unknown): [] {
  if ((error as { code?: string }).code === "42P01") return [];
  throw error;
}

/** One thing that goes wrong. The database is only killed where it is ours. */
async function calamity(random: Random, device: Device, url: string, options: ChaosOptions): Promise<ChaosOptions> {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const kind = between(random, 0, server.own ? 4 : 2);
  if (kind === 3) {
    server.own!.kill();
    await pause(between(random, 0, 300));
    await server.own!.start();
  } else if (kind === 4) {
    await server.own!.stop();
    await pause(full ? 5_000 : 500);
    await server.own!.start();
  } else if (kind === 2) {
    await ask(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'plainview writer' AND datname = current_database()",
    );
  }
  await device.kill();
  await pause(between(random, 0, 200));
  // An hour forward or back: stamps must go on forward, and nothing may be lost because of it.
  const clockOffsetUs = between(random, 0, 3) === 0 ? between(random, -1, 1) * 3_600_000_000 : options.clockOffsetUs;
  return { ...options, clockOffsetUs };
}

describe("kill -9 at any instant", () => {
  test(
    `every sample handed over is stored once or lies inside a declared gap (seed ${seed}, ${rounds} rounds)`,
    { timeout: 900_000 },
    async () => {
      const random = seededRandom(seed);
      const url = await server.fresh();
      const device = new Device();
      let options: ChaosOptions = { folder: join(folder, "journal"), url, clockOffsetUs: 0, maxBytes: 1e9 };
      await device.connect(options);
      for (let round = 0; round < rounds; round++) {
        await new Promise((resolve) => setTimeout(resolve, between(random, 50, 800)));
        options = await calamity(random, device, url, options);
        await device.connect(options);
      }
      const last = device.promised.at(-1)!;
      await until(() => last.to >= last.from, "the last gateway has something for good");
      device.stop();
      await stored(url, device);
      const { lost, broken, gaps } = await judge(url, device);
      // One for each kill, except where the next kill came before the gap itself was durable: then one gap covers both.
      expect(gaps).toBeGreaterThan(rounds / 2);
      expect(broken, "what was acknowledged is not among what is missing").toBe(0);
      console.log(`chaos: ${rounds} kills, ${device.handed} samples handed over, ${lost} of them inside declared gaps`);
      await device.kill();
    },
  );

  test("a journal whose budget runs out while the database is away declares what was dropped", { timeout: 120_000 }, async () => {
    if (!server.own) return;
    const url = await server.fresh();
    const device = new Device();
    const options: ChaosOptions = { folder: join(folder, "small"), url, clockOffsetUs: 0, maxBytes: 150_000 };
    await device.connect(options);
    await until(async () => (await ask(url, "SELECT 1 WHERE to_regclass('samples') IS NOT NULL")).length > 0, "the schema is there");
    await until(async () => (await ask(url, "SELECT 1 FROM samples LIMIT 1")).length > 0, "something is stored");
    await server.own.stop();
    const enough = device.handed + 6_000;
    await until(() => device.handed > enough, "more came in than the journal may keep", 60_000);
    await server.own.start();
    device.stop();
    await stored(url, device);
    const { lost } = await judge(url, device);
    expect(lost).toBeGreaterThan(0);
    const [gap] = await ask<{ lost: string; why: string }>(url, "SELECT lost, why FROM declared_gaps WHERE stream = 'journal'");
    expect(gap?.why).toMatch(/reached its bound of 150000 bytes before the reader "database" had stored it/);
    await device.kill();
  });
});
