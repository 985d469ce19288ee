import { expect, test } from "vitest";
import { parseTime } from "#msgs/time.ts";
import { parseTimestamp } from "./exact.ts";

test.each(["2026-03-01 12:00:00+00", "2026-03-01 12:00:00.25+00", "1969-12-31 23:59:59.999999+00", "2000-02-29 00:00:00.000001+00"])(
  "the server's %s is read to the microsecond",
  (text) => expect(parseTimestamp(text)).toBe(parseTime(text.replace("+00", "Z"))),
);

test("times far outside are read too", () => {
  expect(parseTimestamp("infinity")).toBe(Number.POSITIVE_INFINITY);
  expect(parseTimestamp("12026-01-01 00:00:00+00")).toBe(Date.UTC(12026, 0, 1) * 1000);
  expect(parseTimestamp("4714-11-24 00:00:00+00 BC")).toBe(-210_866_803_200_000_000);
});
