import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLog } from "#src/kit/log.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { ask } from "#test/fakes/recording.ts";
import { setUpDatabase } from "../engine/set-up.ts";
import { databaseSettings } from "../settings.ts";
import { connect } from "./connect.ts";
import { migrate, readMigrations, type Migration } from "./migrate.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
  console.log(`database tests run on ${server.engine}`);
});
afterAll(() => server.close());

async function apply(url: string, migrations?: readonly Migration[]): Promise<readonly string[]> {
  const client = await connect(url, "test");
  try {
    return await migrate(client, migrations);
  } finally {
    await client.end();
  }
}

function drizzleKit(url: string): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["node_modules/drizzle-kit/bin.cjs", "migrate"], { env: { ...process.env, DATABASE_URL: url } });
    const said: string[] = [];
    child.stdout.on("data", (text) => said.push(String(text)));
    child.stderr.on("data", (text) => said.push(String(text)));
    child.once("close", (code) => resolve({ code, said: said.join("") }));
  });
}

const ledger = (url: string) => ask(url, "SELECT hash, created_at FROM drizzle.__drizzle_migrations ORDER BY created_at");
const all = readMigrations();

describe("migrations", () => {
  test("the gateway's start and drizzle-kit keep one ledger, whichever comes first", async () => {
    const [ours, theirs] = [await server.fresh(), await server.fresh()];
    expect(await apply(ours)).toEqual(all.map((migration) => migration.tag));
    const after = await drizzleKit(ours);
    expect(after.code, after.said).toBe(0);
    const before = await drizzleKit(theirs);
    expect(before.code, before.said).toBe(0);
    expect(await apply(theirs)).toEqual([]);
    expect(await ledger(ours)).toEqual(await ledger(theirs));
    expect(await ledger(ours)).toHaveLength(all.length);
  });

  test("a migration that was changed after it was applied is refused, and nothing is touched", async () => {
    const url = await server.fresh();
    await apply(url);
    const edited = all.map((one, i) => (i === 0 ? { ...one, hash: createHash("sha256").update("edited").digest("hex") } : one));
    await expect(apply(url, edited)).rejects.toThrow(/0000_history was changed after it was applied/);
  });

  test("a database set up by a newer version is refused", async () => {
    const url = await server.fresh();
    await apply(url);
    await expect(apply(url, all.slice(0, -1))).rejects.toThrow(/newer version/);
  });

  test("a database of the previous schema is brought up to date with what it holds", async () => {
    const url = await server.fresh();
    await apply(url, all.slice(0, -1));
    await ask(url, "INSERT INTO points (id) VALUES ('kept')");
    expect(await apply(url)).toEqual([all.at(-1)!.tag]);
    expect(await ask(url, "SELECT id FROM points")).toEqual([{ id: "kept" }]);
  });

  test("a migration that fails half-way leaves nothing behind", async () => {
    const url = await server.fresh();
    const broken = [...all, { tag: "9999_broken", when: 9e15, hash: "x", statements: ["CREATE TABLE half (n int)", "SELECT 1 / 0"] }];
    await expect(apply(url, broken)).rejects.toThrow(/division by zero/);
    expect(await ask(url, "SELECT to_regclass('half') AS half, to_regclass('points') AS points")).toEqual([{ half: null, points: null }]);
  });

  test("two gateways that start at once set the database up once", async () => {
    const url = await server.fresh();
    const settings = databaseSettings(url);
    const start = async () => {
      const client = await connect(url, "test");
      await setUpDatabase(client, settings, silentLog);
      await client.end();
    };
    await Promise.all([start(), start(), start()]);
    expect(await ledger(url)).toHaveLength(all.length);
  });
});
