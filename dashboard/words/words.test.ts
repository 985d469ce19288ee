import { describe, expect, it } from "vitest";
import { commandStates, isEnd } from "#msgs/command.ts";
import { quality } from "#msgs/quality.ts";
import { readAct, stateWords } from "./command-text.ts";
import { durationText, remainingText } from "./duration-text.ts";
import { saneLanguage } from "./language.ts";
import { qualityText, trustOf, trustOfLink, worse } from "./trust.ts";
import { valueText } from "./value-text.ts";

describe("a value", () => {
  const percent = { kind: "number", range: { min: 0, max: 100 }, binding: { scale: { gain: 0.1 } } } as const;
  it("has as many decimals as its scale can express, always", () => {
    expect(valueText(percent, 40)).toBe("40.0");
    expect(valueText(percent, 39.96)).toBe("40.0");
  });
  it("has about four digits over its range where there is no scale", () => {
    expect(valueText({ kind: "number", range: { min: 0, max: 1500 } }, 601.3417)).toBe("601.3");
    expect(valueText({ kind: "number", range: { min: -20_000, max: 1_000_000 } }, 314_702.4)).toBe("314\u2009702");
  });
  it("is never minus zero", () => {
    expect(valueText(percent, -0.04)).toBe("0.0");
  });
  it("is a word where the point has words", () => {
    expect(valueText({ kind: "state", states: { 4: "between" } }, 4)).toBe("between");
    expect(valueText({ kind: "state", states: { 4: "between" } }, 9)).toBe("9");
    expect(valueText({ kind: "boolean" }, true)).toBe("on");
  });
  it("is a dash when there is none", () => {
    expect(valueText(percent, null)).toBe("—");
    expect(valueText(percent, undefined)).toBe("—");
  });
});

describe("trust", () => {
  it("is good for good qualities only", () => {
    for (let byte = 0; byte < 256; byte++) expect(trustOf(byte) === "good", String(byte)).toBe(byte < 64);
    expect(trustOf(undefined)).toBe("unknown");
  });
  it("is the worse of two", () => {
    expect(worse("good", "uncertain")).toBe("uncertain");
    expect(worse("bad", "unknown")).toBe("bad");
  });
  it("of a link is good only while it is up", () => {
    expect(["up", "silent", "down", "stopped", "connecting"].map((state) => trustOfLink(state as "up"))).toEqual([
      "good",
      "uncertain",
      "bad",
      "bad",
      "unknown",
    ]);
  });
  it("has words that never say good of anything else", () => {
    for (let byte = 64; byte < 256; byte++) expect(qualityText(byte)).not.toContain("good");
    expect(qualityText(quality.uncertainStale)).toBe("stale");
  });
});

describe("durations", () => {
  it("are one number and one unit", () => {
    expect([200, 1_500, 17_000, 125_000, 7_200_000, 200_000_000].map(durationText)).toEqual([
      "0.2 s",
      "1.5 s",
      "17 s",
      "2 min",
      "2 h",
      "2 d",
    ]);
  });
  it("that remain are exact to the second where it matters", () => {
    expect([0, 9_500, 61_000, 28_740_000].map(remainingText)).toEqual(["ends now", "10 s", "1 min 01 s", "7 h 59 min"]);
  });
});

describe("a command", () => {
  it("asks for nothing only when it is confirmed", () => {
    for (const state of commandStates) {
      const { attention } = stateWords(state);
      expect(attention === "done", state).toBe(state === "confirmed");
      expect(attention === "pending", state).toBe(!isEnd(state));
    }
  });
  it("is read from what travels, also when that is odd", () => {
    expect(readAct({ act: { do: "set", point: "a", value: 4 } })).toEqual({ do: "set", target: "a", value: 4 });
    expect(readAct({ act: { do: "release", point: "a" } })).toEqual({ do: "release", target: "a" });
    expect(readAct({ act: { do: "call", device: "r", method: "hold" } })).toEqual({ do: "call", target: "r", method: "hold" });
    expect(readAct({ act: {} })).toEqual({ do: "set", target: "" });
  });
});

describe("the language of the browser", () => {
  it("is what it says when that is one, and else what can be made of it", () => {
    const said = ["de-AT", "en-US@posix", "C", "de_DE.UTF-8", ""];
    expect(said.map(saneLanguage)).toEqual(["de-AT", "en-US", "en-US", "de-DE", "en-US"]);
  });
});
