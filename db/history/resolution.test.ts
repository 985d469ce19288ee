import { describe, expect, test } from "vitest";
import { resolutionFor } from "./resolution.ts";

const minute = 60_000_000;
const hour = 60 * minute;
const day = 24 * hour;
const always = Number.NEGATIVE_INFINITY;

describe("what a bucketed question is answered from", () => {
  test.each([
    ["an hour on a thousand pixels", hour, 1_000, "samples"],
    ["a day in five hundred", day, 500, "samples_1m"],
    ["thirty days in a thousand", 30 * day, 1_000, "samples_1m"],
    ["a year in a thousand", 365 * day, 1_000, "samples_1h"],
  ])("%s", (_what, span, buckets, table) => {
    const resolution = resolutionFor(7 * minute + 1, 7 * minute + 1 + span, buckets, always);
    expect(resolution.table).toBe(table);
    expect(Math.ceil(span / resolution.widthUs)).toBeLessThanOrEqual(buckets);
  });

  test("buckets made of rollup rows begin where a row begins and hold whole ones", () => {
    const { origin, widthUs } = resolutionFor(90 * minute + 5, 90 * minute + day, 300, always);
    expect(origin % minute).toBe(0);
    expect(widthUs % minute).toBe(0);
  });

  test("minutes answer where the samples are no longer kept", () => {
    expect(resolutionFor(0, hour, 1_000, day)).toMatchObject({ table: "samples_1m", widthUs: minute });
  });
});
