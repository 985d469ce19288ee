import { describe, expect, it } from "vitest";
import type { Point } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import { valueOf } from "#msgs/sample.ts";
import { Batch } from "./batch.ts";
import { rawOf } from "./normalise.ts";

const now = 1_790_000_000_000_000;
const base: Point & { key: number } = { id: "p", key: 3, device: "d", area: "a", kind: "number", binding: { adapter: "x", address: "1" } };
const read = (
  point: Partial<Point>,
  raw: number | boolean | string | null,
  about: { quality?: number; sourceTime?: number } = {},
  trusted = true,
) => {
  const full = { ...base, ...point };
  const batch = new Batch(1);
  batch.add(full, { raw, quality: quality.good, ...about }, now, trusted);
  const { keys, values, qualities, sourceTimes, texts } = batch.finish({ origin: "asked", stream: "x/d" });
  return { key: keys[0], value: valueOf(full.kind, values[0]!, texts?.get(0)), quality: qualities[0], sourceTime: sourceTimes[0] };
};

describe("a reading becomes a row", () => {
  it("dated on receipt, and doubtfully, when its own time is no time", () => {
    expect(read({}, 1, { sourceTime: Number.NaN })).toMatchObject({ value: 1, sourceTime: now, quality: quality.uncertainTime });
  });

  it("in the point's unit", () => {
    const scaled = { binding: { ...base.binding, scale: { gain: 0.1, offset: -40 } } };
    expect(read(scaled, 650)).toMatchObject({ key: 3, value: 25, quality: 0, sourceTime: now });
    expect(rawOf({ ...base, ...scaled }, 25)).toBe(650);
  });

  it("in the point's kind", () => {
    expect(read({ kind: "boolean" }, 1).value).toBe(true);
    expect(read({ kind: "boolean" }, "OFF").value).toBe(false);
    expect(read({ kind: "boolean" }, "maybe")).toMatchObject({ value: null, quality: quality.badDevice });
    expect(read({ kind: "text" }, 12).value).toBe("12");
    expect(read({ kind: "state" }, "3").value).toBe(3);
    expect(read({}, true).value).toBe(1);
    expect(read({}, "1e3").value).toBe(1000);
  });

  it("keeping the digits of whole numbers beyond 2^53, and never scaling them silently", () => {
    expect(read({}, "9007199254740993").value).toBe("9007199254740993");
    expect(read({}, "42").value).toBe(42);
    const range = { min: 0, max: 10 };
    expect(read({ range }, "9007199254740993").quality).toBe(quality.uncertainRange);
    expect(read({ range: { min: 0, max: 1e19 } }, "9007199254740993").quality).toBe(quality.good);
  });

  it("null and bad when it is not a number at all", () => {
    for (const raw of [Number.NaN, Number.POSITIVE_INFINITY, "abc", ""]) {
      expect(read({}, raw)).toMatchObject({ value: null, quality: quality.badDevice });
    }
    expect(read({}, -0).value).toBe(-0);
  });

  it.each(["number", "state"] as const)("as a %s from text only when it is a plain decimal number", (kind) => {
    for (const [raw, value] of [
      ["5", 5],
      ["+5", 5],
      ["-0.5", -0.5],
      [".5", 0.5],
      ["5.", 5],
      ["1e3", 1000],
      ["1E-3", 0.001],
    ] as const)
      // prettier-ignore
      expect(read({ kind }, raw)).toMatchObject({ value, quality: quality.good });
    for (const raw of [
      "",
      " ",
      " 5 ",
      "5\n",
      "0x10",
      "0b1",
      "0o7",
      "1_000",
      "1,5",
      "1e",
      ".",
      "+",
      "--5",
      "5 kPa",
      "NaN",
      "Infinity",
      "1e999",
    ])
      expect(read({ kind }, raw), JSON.stringify(raw)).toMatchObject({ value: null, quality: quality.badDevice });
  });

  it("null when the device says the value is not to be used", () => {
    expect(read({}, null, { quality: quality.badLink })).toMatchObject({ value: null, quality: quality.badLink });
    expect(read({}, 5, { quality: quality.badDevice })).toMatchObject({ value: null, quality: quality.badDevice });
    expect(read({}, 5, { quality: quality.uncertain })).toMatchObject({ value: 5, quality: quality.uncertain });
  });

  it("uncertain outside its range", () => {
    expect(read({ range: { min: 0, max: 10 } }, 11)).toMatchObject({ value: 11, quality: quality.uncertainRange });
    expect(read({ range: { min: 0, max: 10 } }, 10)).toMatchObject({ quality: quality.good });
  });

  it("uncertain in time when the device's clock is ahead or ours is not trusted, keeping the original time", () => {
    const ahead = now + 3_600_000_000;
    expect(read({}, 1, { sourceTime: ahead })).toMatchObject({ quality: quality.uncertainTime, sourceTime: ahead });
    expect(read({}, 1, { sourceTime: now - 86_400_000_000 })).toMatchObject({ quality: quality.good });
    expect(read({}, 1, {}, false)).toMatchObject({ quality: quality.uncertainTime });
    for (const sourceTime of [Number.NaN, Infinity, -Infinity])
      expect(read({}, 1, { sourceTime })).toMatchObject({ value: 1, quality: quality.uncertainTime });
  });
});
