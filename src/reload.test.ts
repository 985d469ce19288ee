import { expect, it } from "vitest";
import type { Site } from "#src/config/index.ts";
import { silentLog } from "#src/kit/log.ts";
import { siteOf } from "#src/config/fake-module.ts";
import { openReload, type ReadSite } from "./reload.ts";

const text = `
site: { name: x }
adapters:
  - { id: a, protocol: modbus, host: 127.0.0.1, devices: [{ id: d1, points: [{ id: p, address: hr:1 }] }] }
`;

function reloading(files: Awaited<ReturnType<ReadSite>>[]) {
  const applied: Site[] = [];
  const reload = openReload({
    started: siteOf(text),
    described: () => applied.at(-1) ?? siteOf(text),
    read: async () => files.shift()!,
    apply: async (site) => void applied.push(site),
    log: silentLog,
  });
  return { reload, applied };
}

it("applies what changed, says it in words, and says again what waits for a start", async () => {
  const later = siteOf(`${text}\nserver: { port: 4001 }\nlog: { level: debug }`);
  const { reload, applied } = reloading([{ site: later }, { site: later }]);
  expect(await reload("ann")).toEqual({ changed: "taken over: log; needs a restart: server" });
  expect(await reload("ann")).toEqual({ changed: "needs a restart: server" });
  expect(applied).toHaveLength(2);
});

it("a file with problems changes nothing", async () => {
  const { reload, applied } = reloading([{ problems: ["line 1: no"] }]);
  expect(await reload("ann")).toEqual({ problems: ["line 1: no"] });
  expect(applied).toEqual([]);
});

it("two that come together are worked on one after the other, and a failure does not stop the next", async () => {
  const { reload } = reloading([{ site: siteOf(text) }, { site: siteOf(text) }]);
  expect(await Promise.all([reload("a"), reload("b")])).toEqual([{ changed: "nothing has changed" }, { changed: "nothing has changed" }]);
});

it("a file that cannot be read at all is told in the log, changes nothing and keeps nobody from trying again", async () => {
  const said: string[] = [];
  let fails = true;
  const reload = openReload({
    started: siteOf(text),
    described: () => siteOf(text),
    read: () => (fails ? Promise.reject(new Error("the thread ran out of memory")) : Promise.resolve({ site: siteOf(text) })),
    apply: async () => {},
    log: { ...silentLog, error: (line: string) => void said.push(line) },
  });
  await expect(reload("SIGHUP")).rejects.toThrow(/memory/);
  expect(said).toEqual(["the site file could not be read, nothing was changed: the thread ran out of memory"]);
  fails = false;
  expect(await reload("SIGHUP")).toEqual({ changed: "nothing has changed" });
});
