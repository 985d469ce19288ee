import { afterEach, describe, expect, it } from "vitest";
import { rigStart, serverRig, type Rig } from "#test/fakes/server-rig.ts";
import { digestOf } from "../auth/keys.ts";
import type { CommandFilter, Server } from "../services.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function start(rig: Rig): Promise<Server> {
  const server = await rig.listen();
  open.push(server);
  return server;
}

describe("GET /commands", () => {
  it("lists of commands hold what the caller may see, and the limit counts only that", async () => {
    const token = `pv.southern.${"s".repeat(43)}`;
    const key = { name: "southern", role: "operator" as const, areas: ["south"], hash: `sha256$${digestOf(token)}` };
    const asked: CommandFilter[] = [];
    const step = (id: string, point: string) => ({
      step: { command: { id, act: { do: "release" as const, point }, priority: 8, asked: "t" }, state: "confirmed" as const, by: "ann" },
      at: rigStart,
      requestedAt: rigStart,
    });
    const rig = serverRig({
      auth: { apiKeys: [key] },
      services: {
        commandHistory: (filter) => {
          asked.push(filter);
          // A first page full of what lies elsewhere must not hide what lies behind it.
          return Promise.resolve(
            asked.length === 1
              ? Array.from({ length: 1_000 }, (_, i) => step(`n-${i}`, "north/pump/speed"))
              : [step("s-1", "south/robot/battery")],
          );
        },
      },
    });
    const server = await start(rig);
    await fetch(`${server.url}/commands?wait=5000`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ point: "north/pump/speed", value: 7 }),
    });
    const mine = async (path: string): Promise<unknown> =>
      (await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } })).json();
    expect(await mine("/ws/status")).toMatchObject({ recentCommands: [] });
    expect(await mine("/commands?limit=1")).toMatchObject([{ id: "s-1" }]);
    expect(asked.map(({ to }) => to)).toEqual([undefined, rigStart + 1]);
    const bogus = await fetch(`${server.url}/commands?state=bogus`);
    expect([bogus.status, await bogus.json()]).toMatchObject([400, { code: "bad-request" }]);
  });

  it("a command an earlier run was asked for keeps its time after a restart", async () => {
    const rig = serverRig({ services: { commandAskedAt: () => rigStart - 60e6 } });
    const server = await start(rig);
    const command = { id: "old", act: { do: "release", point: "north/pump/speed" }, priority: 8, asked: "t" } as const;
    rig.publish({ kind: "command", step: { command, state: "unknown", by: "ann" } });
    expect(await (await fetch(`${server.url}/commands/old`)).json()).toMatchObject({
      at: "2026-11-20T10:00:00.000000Z",
      requestedAt: "2026-11-20T09:59:00.000000Z",
    });
  });
});
