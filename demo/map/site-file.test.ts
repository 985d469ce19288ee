import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatProblem, loadSite, type Site } from "#src/config/index.ts";
import { checkInterlock } from "#src/interlock-check.ts";
import { protocols } from "#src/protocols.ts";
import { mqttDevices } from "./mqtt-devices.ts";
import { demoSiteFile } from "./site-file.ts";

const file = new URL("../plainview.yaml", import.meta.url);

function loaded(): Site {
  const text = demoSiteFile();
  // The plant chooses its ports when it starts; any will do here.
  const env = Object.fromEntries([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name], index) => [name!, String(20_000 + index)]));
  const readNothing = () => {
    throw Object.assign(new Error("the demo refers to no file"), { code: "ENOENT" });
  };
  const found = loadSite(text, { modules: protocols, env, path: "demo/plainview.yaml", readFile: readNothing, checkInterlock });
  if ("problems" in found) throw new Error(found.problems.map((problem) => formatProblem("plainview.yaml", problem)).join("\n"));
  return found.site;
}

describe("demo/plainview.yaml", () => {
  it("is what the maps of the plant make it; node demo/map/write-site-file.ts writes it", () => {
    expect(readFileSync(file, "utf8") === demoSiteFile(), "run node demo/map/write-site-file.ts").toBe(true);
  });

  it("loads without a problem", () => {
    expect(loaded().points.length).toBeGreaterThan(50);
  });

  it("has every point that the plant says over MQTT, and proves each command by the state the device reports", () => {
    const { points } = loaded();
    const byId = new Map(points.map((point) => [point.id, point]));
    for (const { device, telemetry, commands, sequence } of mqttDevices) {
      for (const { point } of [...telemetry, ...commands, sequence])
        expect(byId.get(point)).toMatchObject({ device, binding: { pollMs: 0 } });
      for (const { point } of commands) {
        const { control, binding } = byId.get(point)!;
        expect(binding.address).toMatch(/^state#/);
        expect(control).toMatchObject({ mode: "slots", evidence: { withinMs: 5_000 } });
        expect(control?.evidence).not.toHaveProperty("point");
      }
    }
  });
});
