import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formatProblem, loadSite } from "#src/config/index.ts";
import { checkInterlock } from "#src/interlock-check.ts";
import { protocols } from "#src/protocols.ts";

/** What a person copies first must load as it stands, with the protocols there are. */
const examples = [...readFileSync("src/config/README.md", "utf8").matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);

test("the site files that the README shows are ones the gateway takes", () => {
  expect(examples.length).toBeGreaterThan(2);
  const files: Record<string, string> = {
    "secrets/cert.pem": "-----BEGIN CERTIFICATE-----",
    "secrets/key.pem": "-----BEGIN PRIVATE KEY-----",
  };
  for (const example of examples) {
    const loaded = loadSite(example, {
      modules: protocols,
      checkInterlock,
      env: {},
      path: "plainview.yaml",
      readFile: (name) => files[name]!,
    });
    expect("problems" in loaded ? loaded.problems.map((problem) => formatProblem("plainview.yaml", problem)) : []).toEqual([]);
  }
});
