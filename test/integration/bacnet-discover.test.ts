import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bacnetLink } from "#demo/bacnet/adapter-config.ts";
import { startBacnetSite, type BacnetSite } from "#demo/bacnet/start.ts";
import { DeviceLog } from "#demo/log/device-log.ts";
import { Plant } from "#demo/model/plant.ts";
import { run } from "#src/cli/fake-terminal.ts";
import { root } from "#src/command-line.ts";
import { loadSite } from "#src/config/index.ts";
import { protocols } from "#src/protocols.ts";

// What `plainview discover bacnet` says of the demo's building, and of a planner's list, held against files that were looked through.

const cases = new URL("./cases/", import.meta.url);
let site: BacnetSite;

beforeAll(async () => {
  const { quantities } = new Plant(7);
  site = await startBacnetSite({ quantities, logOf: (device) => new DeviceLog(device, () => 0, null), port: 0 });
});
afterAll(() => site.close());

/** Every port is another one each time; which devices share one is not looked at. */
const withoutPorts = (text: string): string => text.replaceAll(/127\.0\.0\.1:[1-9]\d*/g, "127.0.0.1:PORT");

function agreed(name: string, text: string): void {
  const file = new URL(name, cases);
  // Written anew only on request, and then looked through by a person.
  if (process.env["PLAINVIEW_GOLDEN"] === "write") writeFileSync(file, `${text}\n`);
  expect(`${text}\n`).toBe(readFileSync(file, "utf8"));
}

function pointsOf(entry: string): string[] {
  const text = `site: { name: x }\nareas: [{ id: hall }]\nadapters:\n${entry}`;
  const loaded = loadSite(text, { modules: protocols, env: {}, path: "found.yaml", readFile: () => "" });
  if ("problems" in loaded) throw new Error(loaded.problems.map(({ message }) => message).join("\n"));
  return loaded.site.points.map(({ id }) => id);
}

describe("discover bacnet", () => {
  it("prints the building as a site file takes it, equal boxes once", async () => {
    const settings = Object.entries({ ...bacnetLink(site.port), discoverMs: 600 }).map(
      ([name, value]) => `${name}=${JSON.stringify(value)}`,
    );
    const ran = await run(["discover", "bacnet", "--id", "building", ...settings], { root });
    expect(ran).toMatchObject({ code: 0, err: "5 devices, 54 points" });
    agreed("discovered-building.yaml", withoutPorts(ran.out));
    expect(pointsOf(ran.out)).toEqual(expect.arrayContaining(["ahu-1/supply-setpoint", "vav-1/setpoint", "vav-4/setpoint"]));
    expect(pointsOf(ran.out)).toHaveLength(54);
  });

  it("reads an EDE list with its state texts, tells the lines it cannot take, and dials nothing", async () => {
    const files = ["--file", "hall_EDE.csv", "--file", "hall_EDE_StateTexts.csv"];
    const ran = await run(["discover", "bacnet", ...files], { root, cwd: cases.pathname });
    expect(ran.code).toBe(0);
    expect(ran.err).toBe("hall_EDE.csv:8  device, object type and object instance must be numbers\n2 devices, 5 points");
    agreed("imported-ede.yaml", ran.out);
    expect(pointsOf(ran.out)).toContain("bacnet-2001/betriebsart");
  });

  it("says that a file is not there, or that a protocol has none", async () => {
    expect(await run(["discover", "bacnet", "--file", "none.csv"], { root, cwd: cases.pathname })).toMatchObject({ code: 2 });
    const modbus = ["discover", "modbus", "host=h", "--file", "hall_EDE.csv"];
    expect(await run(modbus, { root, cwd: cases.pathname })).toMatchObject({ code: 1 });
  });
});
