import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testServer, type TestServer } from "#test/fakes/database.ts";
import { openPool, type Pool } from "./pool.ts";

let server: TestServer;
let pool: Pool;
beforeAll(async () => {
  server = await testServer();
  pool = openPool(await server.fresh(), { name: "test", connections: 2, statementTimeoutMs: 5_000 });
});
afterAll(async () => {
  await pool.close();
  await server.close();
});

const who = () => pool.use(async (client) => (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]!.pid);

describe("the reading pool", () => {
  test("lends so many connections and no more, and uses them again", async () => {
    const seen = new Set(await Promise.all(Array.from({ length: 20 }, who)));
    expect(seen.size).toBeLessThanOrEqual(2);
  });

  test("cannot write", async () => {
    await expect(pool.use((client) => client.query("CREATE TABLE no (n int)"))).rejects.toThrow(/read-only/);
  });

  test("a stream that is left early gives its connection back, sound", async () => {
    const stream = () =>
      pool.stream(async function* (client) {
        for (let i = 0; i < 100; i++) yield (await client.query<{ i: number }>(`SELECT ${i} AS i`)).rows[0]!.i;
      });
    for (let round = 0; round < 10; round++) for await (const i of stream()) if (i === 2) break;
    expect(new Set([await who(), await who()]).size).toBe(1);
  });

  test("a question that is cancelled ends at once, and the next one is answered", async () => {
    const leaving = new AbortController();
    const asked = pool.use((client) => client.query("SELECT pg_sleep(4)"), leaving.signal);
    setTimeout(() => leaving.abort(new Error("left")), 100);
    await expect(asked).rejects.toThrow("left");
    await who();
  });
});
