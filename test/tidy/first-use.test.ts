import { describe, expect, it } from "vitest";
import { loadedBy } from "./tree.ts";

/**
 * Every gateway loads the description of every protocol, and only what it speaks of the rest: some 35 kB of memory for each file.
 * `check` may need a parser or a table beside the files that every adapter has; those are named here.
 */
const everyAdapterHas = ["index", "check", "config", "address", "server/config"];
const checkNeeds: Readonly<Record<string, readonly string[]>> = {
  bacnet: ["points/value-type", "server/family", "wire/names", "wire/udp-address"],
  mqtt: ["command", "path", "source-time", "topic"],
  ros2: [
    "field-path",
    "type-room",
    "transport/pattern",
    ...["definition", "load", "names", "parse-idl", "parse-msg", "registry"].map((name) => `types/${name}`),
    ...["options", "limits", "net/ports", "net/subnet", "wire/locator"].map((name) => `rtps/${name}`),
  ],
};
const packages = /^node:(fs|path|os|url|module)$/;

function belongs(target: string): boolean {
  if (!target.endsWith(".ts")) return packages.test(target);
  const [, protocol, file] = /^adapters\/([^/]+)\/(.+)\.ts$/.exec(target) ?? [];
  if (protocol === undefined || file === undefined) return /^(msgs|src\/kit)\//.test(target);
  return protocol === "kit" || everyAdapterHas.includes(file) || (checkNeeds[protocol] ?? []).includes(file);
}

/** Imports that lead from the description to something else; what lies behind them is not told once more. */
function tooMuch(start: string): string[] {
  const seen = new Set([start]);
  const wrong: string[] = [];
  for (const file of seen) {
    for (const target of loadedBy(file)) {
      if (!belongs(target)) wrong.push(`${file} loads ${target}: import it from open.ts, or with await import() where it is first used`);
      else if (target.endsWith(".ts")) seen.add(target);
    }
  }
  return wrong;
}

describe("what is loaded when it is first used", () => {
  it("the list of protocols loads what describes and checks them, and nothing that talks", () => {
    expect(tooMuch("src/protocols.ts")).toEqual([]);
  });

  it("the template shows it", () => {
    expect(tooMuch("adapters/template/index.ts")).toEqual([]);
  });

  it("an opening would be noticed", () => {
    expect(tooMuch("adapters/mqtt/open.ts")).toContain(
      "adapters/mqtt/open.ts loads adapters/mqtt/dial.ts: import it from open.ts, or with await import() where it is first used",
    );
  });
});
