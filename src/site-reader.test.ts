import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Site } from "#src/config/site.ts";
import { readSite } from "./site-reader.ts";

const folder = mkdtempSync(join(tmpdir(), "plainview-site-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string): string {
  const path = join(folder, "plainview.yaml");
  writeFileSync(path, text);
  return path;
}

async function siteAt(path: string, running?: Site): Promise<Site> {
  const read = await readSite(path, running);
  if ("problems" in read) throw new Error(read.problems.join("\n"));
  return read.site;
}

/** More points than come over at once. */
const text = `
site: { name: large }
data: { folder: here }
adapters:
  - id: a
    protocol: modbus
    host: 127.0.0.1
    devices:
      - { id: d, unit: 1, points: [{ each: { n: 0..4999 }, id: "p{n}", address: "holding:{n}" }] }
      - { id: e, unit: 2, points: [{ id: p, address: "holding:1" }] }
`;

it("a site comes whole out of the thread that read it, with its protocols and its folder in place", async () => {
  const site = await siteAt(written(text));
  expect(site.points).toHaveLength(5_001);
  expect(site.points[4_999]?.id).toBe("d/p4999");
  expect(site.adapters[0]?.config.devices.map(({ bindings }) => bindings.length)).toEqual([5_000, 1]);
  expect(site.adapters[0]?.module.protocol).toBe("modbus");
  expect(site.data.folder).toBe(join(folder, "here"));
});

it("read again, what did not change is the very object that runs", async () => {
  const running = await siteAt(written(text));
  const next = await siteAt(written(text.replace('address: "holding:1" }', 'address: "holding:2" }')), running);
  expect(next.points.filter((point, i) => point !== running.points[i]).map(({ id }) => id)).toEqual(["e/p"]);
  expect(next.revision).not.toBe(running.revision);
});

it("what is wrong with a file comes with its lines, and a file that is not there is told so", async () => {
  expect(await readSite(written(text.replace("unit: 2", "unit: 999")))).toEqual({
    problems: [expect.stringMatching(/plainview\.yaml:10:\d+ .*unit/)],
  });
  expect(await readSite(join(folder, "none.yaml"))).toEqual({ problems: [expect.stringContaining("does not exist")] });
});
