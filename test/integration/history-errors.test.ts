import { createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "#db/database/connect.ts";
import { explain } from "#db/database/errors.ts";
import { openJournal } from "#db/journal/open.ts";
import { databaseSettings } from "#db/settings.ts";
import { openStore } from "#db/store/open.ts";
import { silentLog } from "#src/kit/log.ts";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { Story, ask, durable, until } from "#test/fakes/recording.ts";

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await testServer();
  url = await server.fresh();
});
afterAll(async () => {
  for (const name of made) await ask(url, `DROP ROLE IF EXISTS ${name}`);
  await server.close();
});

const made: string[] = [];
const changed = (change: (url: URL) => void) => {
  const other = new URL(url);
  change(other);
  return other.href;
};

/** A user of the server with a password, and the URL it would use. */
async function user(name: string, rights = ""): Promise<string> {
  await ask(url, `DROP ROLE IF EXISTS ${name}`);
  made.push(name);
  await ask(url, `CREATE ROLE ${name} LOGIN PASSWORD 'right' ${rights}`);
  return changed((other) => {
    other.username = name;
    other.password = "right";
  });
}

describe("what a person is told when the database will not", () => {
  test("a wrong password", async () => {
    const wrong = changed((other) => (other.password = "wrong"));
    // A server that trusts local connections asks for none.
    const trusts = await connect(wrong, "test").then(
      (client) => client.end().then(() => true),
      () => false,
    );
    if (trusts) return;
    await expect(connect(wrong, "test")).rejects.toMatchObject({
      code: "not-authorised",
      message: expect.stringMatching(/does not accept this password; check DATABASE_URL/),
    });
    await expect(connect(wrong, "test")).rejects.not.toThrow(/:wrong@/);
  });

  test("a database that does not exist", async () => {
    await expect(
      connect(
        changed((other) => (other.pathname = "/nowhere")),
        "test",
      ),
    ).rejects.toMatchObject({ code: "database-refused" });
  });

  test("nobody listening", async () => {
    await expect(connect("postgresql://x@127.0.0.1:1/x", "test")).rejects.toMatchObject({ code: "database-away", canRetry: true });
  });

  test("a server that is too old is refused with its version", async () => {
    const old = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => socket.write(bytes.readInt32BE(0) === bytes.length ? welcome() : answer()));
    });
    await new Promise<void>((resolve) => old.listen(0, "127.0.0.1", resolve));
    const { port } = old.address() as { port: number };
    await expect(connect(`postgresql://x@127.0.0.1:${port}/x`, "test")).rejects.toThrow(/PostgreSQL 9; 14 or newer is needed/);
    old.close();
  });

  test("a user who may not make tables", async () => {
    const guest = await user(`guest_${process.pid}`);
    const seen = await followed(guest);
    expect(seen).toMatch(/lacks a permission; make it the owner of the database/);
  });

  test("a connection limit", async () => {
    const limited = await user(`limited_${process.pid}`, "CONNECTION LIMIT 1");
    const only = await connect(limited, "test");
    await expect(connect(limited, "test")).rejects.toMatchObject({
      code: "database-away",
      message: expect.stringMatching(/takes no more connections/),
    });
    await only.end();
  });

  test("a statement that takes too long", async () => {
    const client = await connect(url, "test", { statementTimeoutMs: 50 });
    const error: unknown = await client.query("SELECT pg_sleep(5)").catch((one: unknown) => one);
    expect(explain(error, "asking")).toMatchObject({ code: "database-away", message: expect.stringMatching(/took too long/) });
    await client.end();
  });

  test("a full disk and a read-only standby keep their own words", () => {
    const of = (code: string) => explain(Object.assign(new Error("said"), { code }), "storing").message;
    expect(of("53100")).toMatch(/disk is full; the journal keeps everything until there is room/);
    expect(of("25006")).toMatch(/read-only; this is a standby/);
  });

  test("questions are answered with a reason while the database is away", async () => {
    const store = openStore({ url: "postgresql://x@127.0.0.1:1/x", log: silentLog });
    await expect(store.latest()).rejects.toMatchObject({ code: "database-away" });
    await store.close();
  });
});

describe("a slow or absent database", () => {
  test("never slows what comes in, and gets everything when it is back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "plainview-absent-"));
    const fresh = await server.fresh();
    const blocker = await connect(fresh, "test");
    const journal = await openJournal({ folder, log: silentLog });
    const story = new Story();
    journal.follow(databaseSettings(fresh, { batch: { samples: 1_000, everyMs: 10 }, retention: { compressAfterMs: 1e12 } }));
    journal.fact(story.plant({ a: 1 }));
    await until(
      async () => (await ask<{ n: string | null }>(fresh, "SELECT to_regclass('cursor')::text AS n"))[0]?.n !== null,
      "the schema is there",
    );
    await until(async () => (await ask(fresh, "SELECT 1 FROM cursor WHERE seq = 1")).length === 1, "the first fact is stored");
    // Every write of the database's waits behind this lock for as long as the test likes.
    await blocker.query("BEGIN; LOCK TABLE samples IN ACCESS EXCLUSIVE MODE");
    for (let i = 0; i < 5_000; i++) {
      const stored = i % 500 === 499 ? durable(journal, story.seq + 1) : undefined;
      journal.fact(story.batch({ 1: i }));
      await stored;
    }
    expect(journal.backlog).toBe(0);
    expect(journal.status()).toMatchObject({ state: "writing", durableSeq: story.seq });
    await blocker.query("ROLLBACK");
    await blocker.end();
    await until(async () => (await ask(fresh, "SELECT 1 FROM cursor WHERE seq = $1", [story.seq])).length === 1, "all is stored");
    expect(await ask(fresh, "SELECT count(*)::int AS n, count(DISTINCT value)::int AS d FROM samples")).toEqual([{ n: 5_000, d: 5_000 }]);
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  });
});

test("a stop does not wait for a database that takes the call and says nothing", async () => {
  const silent = createServer((socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  const folder = mkdtempSync(join(tmpdir(), "plainview-silent-"));
  const journal = await openJournal({ folder, log: silentLog });
  const called = new Promise((resolve) => silent.once("connection", resolve));
  journal.follow(databaseSettings(`postgresql://x@127.0.0.1:${port}/x`));
  await called;
  const began = performance.now();
  await journal.close();
  // The connection itself would be given up only after ten seconds.
  expect(performance.now() - began).toBeLessThan(8_000);
  silent.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the journal's status says about its reader once it has tried. */
async function followed(to: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "plainview-refused-"));
  const journal = await openJournal({ folder, log: silentLog });
  journal.follow(databaseSettings(to));
  const message = () => journal.status().readers[0]?.message;
  await until(() => message() !== undefined, "the reader says why it waits");
  const said = message()!;
  await journal.close();
  rmSync(folder, { recursive: true, force: true });
  return said;
}

const framed = (type: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int = (value: number, bytes: 2 | 4) => {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 2) buffer.writeInt16BE(value);
  else buffer.writeInt32BE(value);
  return buffer;
};
/** Signed in without a password, ready for a question. */
const welcome = () => Buffer.concat([framed("R", int(0, 4)), framed("Z", Buffer.from("I"))]);
/** One row with one text column, whatever was asked: the version number of a server of 2016. */
const answer = () =>
  Buffer.concat([
    framed("T", int(1, 2), Buffer.from("version\0"), int(0, 4), int(0, 2), int(25, 4), int(-1, 2), int(-1, 4), int(0, 2)),
    framed("D", int(1, 2), int(5, 4), Buffer.from("90603")),
    framed("C", Buffer.from("SELECT 1\0")),
    framed("Z", Buffer.from("I")),
  ]);
