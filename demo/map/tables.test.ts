import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readmeTables } from "./tables.ts";

/** The formatter pads cells; only what is in them counts. */
function bare(text: string): string {
  return text.replaceAll(/ +/g, " ").replaceAll(/-{2,}/g, "-").replaceAll(/\n+/g, "\n").trim();
}

describe("README.md of the demo plant", () => {
  it("shows the same map, faults and incidents as the program has", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    for (const [name, table] of Object.entries(readmeTables())) {
      const shown = readme.split(`<!-- begin ${name} -->`)[1]?.split(`<!-- end ${name} -->`)[0];
      expect(bare(shown ?? ""), `run node demo/map/write-readme.ts: ${name} has changed`).toBe(bare(table));
    }
  });
});
