import { afterEach, expect, it } from "vitest";
import { serverRig } from "#test/fakes/server-rig.ts";
import type { Services } from "../services.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function reloadWith(
  reload: NonNullable<Services["reload"]>,
  auth: object = {},
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const { app, close } = await serverRig({ services: { reload }, auth }).build();
  open.push({ close });
  const answer = await app.inject({ method: "POST", url: "/reload", headers: { host: "localhost", ...headers } });
  return { status: answer.statusCode, body: answer.json() };
}

it("POST /reload answers with what changed, and whoever asked is named", async () => {
  const asked: string[] = [];
  const answer = await reloadWith((by) => {
    asked.push(by);
    return Promise.resolve({ changed: "1 point added" });
  });
  expect([answer, asked]).toEqual([{ status: 200, body: { changed: "1 point added" } }, ["loopback"]]);
});

it("a site file with problems is 400 with all of them", async () => {
  const problems = ["plainview.yaml:3:1 this", "plainview.yaml:9:1 that"];
  expect(await reloadWith(() => Promise.resolve({ problems }))).toMatchObject({
    status: 400,
    body: { code: "bad-site-file", details: problems },
  });
});

it("an operator who signed in may not reload", async () => {
  const rig = serverRig({ services: { reload: () => Promise.resolve({ changed: "all" }) }, auth: { loopback: undefined as never } });
  const { app, gear, close } = await rig.build();
  open.push({ close });
  const tokenOf = (role: "operator" | "engineer") => gear.auth.keys.make({ name: role, role });
  const statuses = [];
  for (const role of ["operator", "engineer"] as const) {
    const headers = { host: "localhost", authorization: `Bearer ${await tokenOf(role)}` };
    statuses.push((await app.inject({ method: "POST", url: "/reload", headers })).statusCode);
  }
  expect(statuses).toEqual([403, 200]);
});
