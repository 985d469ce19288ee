import { describe, expect, it } from "vitest";
import { isTest, sourceFiles, textOf } from "./tree.ts";

/**
 * Where the real clock and chance may be asked. Everything that decides something about the plant asks its timeline; what is
 * listed here touches the outside world, and its row says why.
 */
const mayAsk: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^src\/timeline\/machine-clocks\.ts$/, "the clocks of this machine, handed to whoever needs them"],
  [/^src\/[^/]+\.ts$/, "the roots wait for processes and report to people"],
  [/^src\/cli\//, "a command line waits for a gateway"],
  [/^src\/server\//, "sessions, tokens and sockets live in the outside world"],
  [/^msgs\/client\//, "a client runs on somebody else's machine"],
  [/^msgs\/time\.ts$/, "turns instants into text; asks nothing"],
  [/^dashboard\//, "a screen shows age against the viewer's clock"],
  [/^db\//, "retries, retention and servers in the outside world; stamps come from facts"],
  [/^(demo|bench|test)\//, "not the product"],
];

const asks = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bMath\.random\(|\b(?:setTimeout|setInterval)\(|process\.hrtime/;

describe("time and chance", () => {
  it("are asked only where a row says so", () => {
    const wrong = sourceFiles()
      .filter((file) => !isTest(file) && !mayAsk.some(([pattern]) => pattern.test(file)))
      .filter((file) => asks.test(withoutComments(textOf(file))));
    expect(wrong).toEqual([]);
  });

  it("each row still has somebody who needs it", () => {
    const files = sourceFiles();
    const idle = mayAsk.filter(([pattern]) => !files.some((file) => pattern.test(file)));
    expect(idle.map(([pattern]) => String(pattern))).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}
