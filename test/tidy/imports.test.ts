import { describe, expect, it } from "vitest";
import { importsOf, isTest, sourceFiles } from "./tree.ts";

/**
 * Who may import whom. A room is a folder; its row lists the rooms it may import from, besides itself. Everything under src
 * may use the kit. Roots (files right under src/) may import everything.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  msgs: [],
  "src/kit": ["msgs"],
  "src/contract": ["msgs", "src/kit"],
  "src/timeline": ["msgs", "src/contract", "src/kit"],
  "src/intake": ["msgs", "src/contract", "src/kit", "src/timeline"],
  "src/control": ["msgs", "src/contract", "src/kit", "src/timeline", "src/intake"],
  "src/alarms": ["msgs", "src/contract", "src/kit", "src/timeline", "src/intake"],
  "src/domain": ["msgs", "src/contract", "src/kit", "src/timeline", "src/intake"],
  "src/config": ["msgs", "src/contract", "src/kit"],
  "src/server": ["msgs", "src/contract", "src/kit", "src/config", "src/control", "src/alarms", "src/domain", "src/intake", "src/timeline"],
  "src/cli": ["msgs", "src/config", "src/kit", "src/contract"],
  db: ["msgs", "src/contract", "src/kit"],
  replay: ["msgs", "src/contract", "src/kit", "src/timeline"],
  dashboard: ["msgs"],
};
const anything = /^(demo|bench|test)\/|^src\/[^/]+\.ts$|^[^/]+\.ts$/;

function roomOf(path: string): string {
  const parts = path.split("/");
  if (parts[0] === "src") return parts.length === 2 ? "src" : `src/${parts[1]}`;
  if (parts[0] === "adapters") return parts.length === 2 ? "adapters" : `adapters/${parts[1]}`;
  return parts[0]!;
}

function mayImport(room: string, target: string): boolean {
  const targetRoom = roomOf(target);
  if (targetRoom === room) return true;
  if (room.startsWith("adapters/")) return ["msgs", "src/contract", "src/kit", "adapters/kit"].includes(targetRoom);
  return (allowed[room] ?? []).includes(targetRoom);
}

describe("who imports whom", () => {
  const files = sourceFiles().filter((file) => !anything.test(file));

  it("looks at the whole tree", () => {
    expect(files.length).toBeGreaterThan(100);
  });

  it("no room imports from a room it may not know", () => {
    const wrong = files
      .filter((file) => !isTest(file))
      .flatMap((file) => importsOf(file).filter((target) => !mayImport(roomOf(file), target)).map((target) => `${file} imports ${target}`)); // prettier-ignore
    expect(wrong).toEqual([]);
  });

  it("tests beside the code may also use the fakes, the contract suite and the demo plant", () => {
    const wrong = files
      .filter(isTest)
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => !mayImport(roomOf(file), target) && !/^(test|demo|src\/timeline)\//.test(target) && !(file.startsWith("adapters/") && target.startsWith("adapters/")))
          .filter((target) => !(file.startsWith("src/") && target.startsWith("src/")))
          .map((target) => `${file} imports ${target}`),
      ); // prettier-ignore
    expect(wrong).toEqual([]);
  });

  it("the RTPS library stands alone", () => {
    const wrong = files
      .filter((file) => file.startsWith("adapters/ros2/rtps/"))
      .flatMap((file) => importsOf(file).filter((target) => !target.startsWith("adapters/ros2/rtps/")).map((target) => `${file} imports ${target}`)); // prettier-ignore
    expect(wrong.filter((line) => !line.includes(".test.ts"))).toEqual([]);
  });

  it("the vocabulary runs in a browser: it imports nothing of node", () => {
    const wrong = files.filter((file) => file.startsWith("msgs/") && !isTest(file) && /from "node:/.test(textOfFile(file)));
    expect(wrong).toEqual([]);
  });

  it("only the host calls an adapter's act", () => {
    const callers = files.filter(
      (file) => !isTest(file) && /^(src|replay|db)\//.test(file) && /\bconnection\??\.act\??\.?\(/i.test(textOfFile(file)),
    );
    expect(callers).toEqual(["src/intake/link.ts"]);
  });
});

import { textOf as textOfFile } from "./tree.ts";
