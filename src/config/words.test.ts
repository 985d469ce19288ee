import { describe, expect, it } from "vitest";
import { formatDuration, milliseconds, sizeBytes } from "./duration.ts";
import { nearest } from "./nearest.ts";

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["1s", 1000],
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    ["8h", 28_800_000],
    ["30d", 2_592_000_000],
  ])("%s is %d ms", (text, ms) => expect(milliseconds(text)).toBe(ms));

  it.each(["5", "1 s", "", "s", "-1s", "1x", "1s "])("%j is none", (text) => expect(milliseconds(text)).toBeUndefined());

  it("are written in the largest unit that is exact", () => {
    expect([0, 1500, 90_000, 28_800_000, 604_800_000].map(formatDuration)).toEqual(["0ms", "1500ms", "90s", "8h", "1w"]);
  });
});

it("sizes are decimal", () => expect(["20GB", "1.5 MB"].map(sizeBytes)).toEqual([20e9, 1.5e6]));

describe("the nearest word", () => {
  it.each([
    ["prot", "port"],
    ["stale_after", "staleAfter"],
    ["adress", "address"],
  ])("to %s is %s", (word, meant) => expect(nearest(word, ["port", "staleAfter", "address"])).toBe(meant));

  it("is none when nothing is near", () => expect(nearest("banana", ["port", "host"])).toBeUndefined());
});
