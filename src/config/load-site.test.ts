import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fakeModule } from "./fake-module.ts";
import { loadSite } from "./load-site.ts";
import { formatProblem } from "./problem.ts";
import type { Site } from "./site.ts";

function load(text: string, env: Record<string, string> = {}, files: Record<string, string> = {}) {
  return loadSite(text, {
    modules: [fakeModule],
    env,
    path: "plainview.yaml",
    readFile: (name) => {
      const found = files[name];
      if (found === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return found;
    },
  });
}

function siteOf(text: string, env?: Record<string, string>, files?: Record<string, string>): Site {
  const loaded = load(text, env, files);
  if ("problems" in loaded) throw new Error(loaded.problems.map((problem) => formatProblem("site", problem)).join("\n"));
  return loaded.site;
}

function problemsOf(text: string, env?: Record<string, string>): string[] {
  const loaded = load(text, env);
  return "problems" in loaded ? loaded.problems.map((problem) => formatProblem("plainview.yaml", problem)) : [];
}
const caseText = (name: string) => readFileSync(fileURLToPath(new URL(`./cases/${name}`, import.meta.url)), "utf8");

describe("a site file", () => {
  it("x", () => {
    console.log(problemsOf(caseText("ten-mistakes/plainview.yaml")).join("\n"));
    expect(siteOf).toBeDefined();
  });
});
