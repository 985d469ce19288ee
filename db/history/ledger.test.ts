import { describe, expect, test } from "vitest";
import { balance, type Declared } from "./ledger.ts";

const gap = (stream: string, from: number, to: number, at = 100): Declared => ({ stream, from, to, at, lost: null, why: "", fills: false });
const fill = (stream: string, from: number, to: number, at = 200): Declared => ({ ...gap(stream, from, to, at), lost: 0, fills: true });
const states = (declared: readonly Declared[], asked?: string) => balance(declared, asked).map(({ state, missing }) => [state, missing]);

describe("a gap", () => {
  test("is filled by what was filled of it or of the whole it belongs to, after it was declared", () => {
    expect(states([gap("link/a", 10, 20), fill("link/a", 5, 15), fill("link", 15, 30)])).toEqual([["filled", []]]);
    expect(states([gap("link/a", 10, 20, 300), fill("link/a", 5, 25)])).toEqual([["open", [{ from: 10, to: 20 }]]]);
    expect(states([gap("link/a", 10, 20), fill("link/ab", 5, 25)])).toEqual([["open", [{ from: 10, to: 20 }]]]);
  });

  test("of a whole is filled in part when one of its points is whole again", () => {
    const declared = [gap("*", 10, 20), fill("link/a/p", 10, 20)];
    expect(states(declared)).toEqual([["partly", [{ from: 10, to: 20 }]]]);
    expect(states(declared, "link/a/p")).toEqual([["filled", []]]);
    expect(states(declared, "link/a/q")).toEqual([["open", [{ from: 10, to: 20 }]]]);
  });
});
