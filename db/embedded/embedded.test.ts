import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLog } from "#src/kit/log.ts";
import { canEnter, databaseAccount } from "./account.ts";
import { ended, isAlive, readPostmaster } from "./postmaster.ts";
import { startEmbedded, type Embedded } from "./start.ts";

let base: string;
let folder: string;
const running: Embedded[] = [];

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "plainview-embedded-"));
  chmodSync(base, 0o755);
  folder = join(base, "site", "database");
});
afterAll(async () => {
  for (const one of running) await one.stop();
  rmSync(base, { recursive: true, force: true });
});

async function start(where = folder): Promise<Embedded> {
  const embedded = await startEmbedded({ folder: where, log: silentLog, elsewhere: join(base, "elsewhere") });
  running.push(embedded);
  return embedded;
}

/** The process of the server that a gateway of its own says it started, before it ended. */
function serverOf(gateway: string): number {
  const args = ["--input-type=module", "-e", gateway, folder];
  const pid = Number(spawnSync(process.execPath, args, { encoding: "utf8", cwd: import.meta.dirname }).stdout);
  expect(pid).toBeGreaterThan(0);
  return pid;
}

async function query(embedded: Embedded, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: embedded.url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

// One folder lives through all of this in turn, as a site's does.
describe("the embedded database", () => {
  test("comes up in an empty folder and keeps what was committed", async () => {
    const embedded = await start();
    expect(embedded.adopted).toBe(false);
    await query(embedded, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)");
    await embedded.stop();
    expect(isAlive(embedded.pid)).toBe(false);
  });

  test("comes up again after kill -9 with everything in place", async () => {
    const embedded = await start();
    await query(embedded, "INSERT INTO kept VALUES (2)");
    process.kill(embedded.pid, "SIGKILL");
    await ended(embedded.pid, 5_000);
    const again = await start();
    expect(await query(again, "SELECT n FROM kept ORDER BY n")).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test("a server left running by a killed gateway is taken over", async () => {
    const left = running.at(-1)!;
    const taken = await start();
    expect(taken).toMatchObject({ adopted: true, pid: left.pid });
    await taken.stop();
    expect(isAlive(left.pid)).toBe(false);
  });

  test("a server that runs but does not answer is stopped and started again", async () => {
    const stuck = await start();
    process.kill(stuck.pid, "SIGSTOP");
    const again = await start();
    expect(again).toMatchObject({ adopted: false });
    expect(again.pid).not.toBe(stuck.pid);
    expect(await query(again, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 2 }]);
    await again.stop();
  });

  test("a stale lock that names somebody else's process is cleared", async () => {
    const lock = join(folder, "data", "postmaster.pid");
    writeFileSync(lock, `${process.pid}\n${join(folder, "data")}\n1\n5432\n${join(folder, "run")}\n\n0 0\nready\n`);
    const embedded = await start();
    expect(readPostmaster(join(folder, "data"))?.pid).toBe(embedded.pid);
    await embedded.stop();
  });

  test("a server that ends by itself is started again, and not once it was stopped", async () => {
    const kept = await startEmbedded({ folder, log: silentLog, keepRunning: true });
    running.push(kept);
    const first = kept.pid;
    process.kill(first, "SIGKILL");
    for (let waited = 0; waited < 100 && kept.pid === first; waited++) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(kept.pid).not.toBe(first);
    expect(await query(kept, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 2 }]);
    await kept.stop();
    expect(isAlive(kept.pid)).toBe(false);
  });

  test("a gateway that ends in a hurry takes its server along", async () => {
    const script = `import { startEmbedded } from "#db/embedded/start.ts"; import { silentLog } from "#src/kit/log.ts";
      const { pid } = await startEmbedded({ folder: process.argv[1], log: silentLog }); console.log(pid); process.exit(1);`;
    expect(await ended(serverOf(script), 5_000)).toBe(true);
    const again = await start();
    expect(await query(again, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 2 }]);
    await again.stop();
  });

  test("and one that is only just starting", async () => {
    const script = `import { startEmbedded } from "#db/embedded/start.ts"; import { readPostmaster } from "#db/embedded/postmaster.ts";
      import { silentLog } from "#src/kit/log.ts"; const [, folder] = process.argv;
      startEmbedded({ folder, log: silentLog }).then(() => console.log("too late"));
      setInterval(() => { const pid = readPostmaster(folder + "/data")?.pid; if (pid > 0) { console.log(pid); process.exit(1); } }, 1);`;
    expect(await ended(serverOf(script), 5_000)).toBe(true);
  });

  test("a set-up that was killed half-way is begun again", async () => {
    const other = join(base, "half");
    mkdirSync(join(other, "data.new", "base"), { recursive: true });
    const embedded = await start(other);
    expect(await query(embedded, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await embedded.stop();
  });

  test("a folder that its user cannot enter is not opened up; the data goes elsewhere and a note says where", async () => {
    const account = databaseAccount();
    const closed = join(base, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const embedded = await start(join(closed, "database"));
    if (account) {
      expect(canEnter(closed, account)).toBe(false);
      const elsewhere = readFileSync(join(closed, "database", "moved-to"), "utf8").trim();
      expect(existsSync(join(elsewhere, "data", "PG_VERSION"))).toBe(true);
      expect(readFileSync(join(elsewhere, "belongs-to"), "utf8").trim()).toBe(join(closed, "database"));
    }
    expect(await query(embedded, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await embedded.stop();
  });

  test("a long path leaves room for the socket", async () => {
    const long = join(base, "a-site-with-quite-a-long-name".repeat(3), "database");
    const embedded = await start(long);
    expect(await query(embedded, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await embedded.stop();
  });
});
