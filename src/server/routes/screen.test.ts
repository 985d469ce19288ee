import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "#src/kit/log.ts";
import { machineTime } from "../edge-time.ts";
import { buildServer } from "../open-server.ts";
import { serverRig } from "#test/fakes/server-rig.ts";

const later: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of later.splice(0)) await close();
});

async function screen() {
  const folder = mkdtempSync(join(tmpdir(), "plainview-screen-"));
  later.push(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "dist/assets"), { recursive: true });
  writeFileSync(join(folder, "dist/index.html"), "<title>Plainview</title>");
  writeFileSync(join(folder, "dist/assets/index-a1.js"), "export {};");
  writeFileSync(join(folder, "secret"), "not for the screen");
  const rig = serverRig();
  const { app, close } = await buildServer(
    rig.services,
    { ...rig.options, dashboardFolder: join(folder, "dist") },
    silentLog,
    machineTime(),
  );
  later.push(close);
  return (url: string, headers = {}) => app.inject({ url, headers });
}

describe("the screen", () => {
  it("is served to everybody, page and assets, each as what it is", async () => {
    const get = await screen();
    expect(await get("/")).toMatchObject({ statusCode: 200, body: "<title>Plainview</title>" });
    expect((await get("/")).headers["content-type"]).toBe("text/html; charset=utf-8");
    expect((await get("/assets/index-a1.js")).headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "public, max-age=0",
    });
  });

  it("is not sent again to a browser that has it", async () => {
    const get = await screen();
    const { etag } = (await get("/assets/index-a1.js")).headers;
    expect(await get("/assets/index-a1.js", { "if-none-match": String(etag) })).toMatchObject({ statusCode: 304, body: "" });
    expect((await get("/assets/index-a1.js", { "if-none-match": 'W/"another"' })).statusCode).toBe(200);
  });

  it("no name leads out of its folder", async () => {
    const get = await screen();
    const names = [
      "..%2f..%2fsecret",
      "..%5c..%5csecret",
      "%2e%2e%2findex.html",
      "..%2findex.html",
      "%00",
      "x%2f..%2f..%2findex.html",
      "nope.js",
      "",
    ];
    for (const name of names) {
      const { statusCode, body } = await get(`/assets/${name}`);
      expect({ name, isRefused: [400, 404].includes(statusCode), body }).toMatchObject({
        isRefused: true,
        body: expect.stringMatching(/^\{"code":/),
      });
    }
  });
});
