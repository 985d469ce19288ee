import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openJournal, type OpenedJournal } from "#db/journal/open.ts";
import { databaseSettings } from "#db/settings.ts";
import { silentLog } from "#src/kit/log.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { Story, ask, until } from "#test/fakes/recording.ts";

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), "plainview-backup-"));
beforeAll(async () => {
  server = await testServer();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function stored(url: string, seq: number): Promise<void> {
  await until(async () => {
    const [there] = await ask(url, "SELECT to_regclass('cursor') IS NOT NULL AS there");
    return there?.there === true && (await ask(url, "SELECT 1 FROM cursor WHERE seq >= $1", [seq])).length > 0;
  }, `the database has ${seq}`);
}

const settings = (url: string) => databaseSettings(url, { batch: { samples: 1_000, everyMs: 10 }, retention: { compressAfterMs: 1e12 } });

function tell(journal: OpenedJournal, story: Story, from: number, n: number): void {
  for (let i = 0; i < n; i++) journal.fact(story.batch({ 1: from + i }));
}

const counts = (url: string) =>
  ask(url, "SELECT count(*)::int AS n, count(DISTINCT value)::int AS d, (SELECT sum(samples)::int FROM batches) AS recorded FROM samples");

describe("backup and restore", () => {
  test("a database put back from a backup gets what it lost from the journal, once", { timeout: 120_000 }, async () => {
    if (!server.own) return;
    const url = await server.fresh();
    const story = new Story();
    const journal = await openJournal({ folder: join(folder, "journal"), log: silentLog });
    journal.follow(settings(url));
    journal.fact(story.plant({ a: 1 }));
    tell(journal, story, 0, 200);
    await stored(url, story.seq);
    // The way the README describes for the embedded database: stop it, copy its folder.
    await server.own.stop();
    cpSync(join(server.own.folder, "data"), join(folder, "backup"), { recursive: true, preserveTimestamps: true });
    await server.own.start();
    journal.fact(story.plant({ a: 1, b: 2 }));
    tell(journal, story, 200, 300);
    await stored(url, story.seq);
    await server.own.stop();
    rmSync(join(server.own.folder, "data"), { recursive: true });
    cpSync(join(folder, "backup"), join(server.own.folder, "data"), { recursive: true, preserveTimestamps: true });
    await server.own.start();
    tell(journal, story, 500, 100);
    await stored(url, story.seq);
    expect(await counts(url)).toEqual([{ n: 600, d: 600, recorded: 600 }]);
    expect(await ask(url, "SELECT count(*)::int AS n FROM points")).toEqual([{ n: 2 }]);
    expect(await ask(url, "SELECT * FROM declared_gaps")).toEqual([]);
    await journal.close();
  });

  test("a dump restored into an empty database goes on where the dump ended", { timeout: 120_000 }, async () => {
    const [from, to] = [await server.fresh(), await server.fresh()];
    const story = new Story();
    const journal = await openJournal({ folder: join(folder, "dumped"), log: silentLog });
    journal.follow(settings(from));
    journal.fact(story.plant({ a: 1 }));
    tell(journal, story, 0, 150);
    await stored(from, story.seq);
    if (!dump(from, to)) return journal.close();
    tell(journal, story, 150, 100);
    await stored(from, story.seq);
    await journal.close();
    const again = await openJournal({ folder: join(folder, "dumped"), log: silentLog });
    again.follow(settings(to));
    tell(again, story, 250, 50);
    await stored(to, story.seq);
    expect(await counts(to)).toEqual([{ n: 300, d: 300, recorded: 300 }]);
    await again.close();
  });
});

/** False where there is no pg_dump of the server's version. TimescaleDB wants to be told before and after a restore. */
function dump(from: string, to: string): boolean {
  const file = join(folder, "dump");
  if (spawnSync("pg_dump", ["--format=custom", `--file=${file}`, from]).status !== 0) return false;
  const psql = (sql: string) => spawnSync("psql", [to, "-q", "-c", sql]);
  const timescale =
    spawnSync("psql", [from, "-Atc", "SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'"]).stdout.toString().trim() === "1";
  if (timescale) psql("CREATE EXTENSION IF NOT EXISTS timescaledb; SELECT timescaledb_pre_restore()");
  const restored = spawnSync("pg_restore", ["--no-owner", `--dbname=${to}`, file]);
  if (timescale) psql("SELECT timescaledb_post_restore()");
  return restored.error === undefined;
}
