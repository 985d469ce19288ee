import { expect, it } from "vitest";
import type { Reading } from "#src/contract/adapter.ts";
import type { Log } from "#src/kit/log.ts";
import { quality } from "#msgs/quality.ts";
import { silentLog } from "#src/kit/log.ts";
import { BadReadings } from "./bad-readings.ts";

const good: Reading = { raw: 1, quality: quality.good };
const refused: Reading = { raw: null, quality: quality.badConfig, reason: "exception 2, illegal data address" };
const broken: Reading = { raw: null, quality: quality.badDevice, reason: "exception 4, device failure" };

function seen() {
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (line) => void lines.push(line) };
  return { bad: new BadReadings("plc", log), lines };
}

it("what a device refuses is told once in the log, however often it is asked", () => {
  const { bad, lines } = seen();
  for (let asked = 0; asked < 10; asked++) bad.see(["a", "b", "c"], [good, refused, asked % 2 === 0 ? broken : good]);
  expect(lines).toEqual([
    "plc answers, but not with b: exception 2, illegal data address",
    "plc answers, but not with c: exception 4, device failure",
  ]);
});

it("kinds of bad are answered once each, and a good answer has none", () => {
  const { bad } = seen();
  expect([...bad.see(["a", "b", "c"], [refused, refused, broken])]).toEqual(["bad-config", "bad-device"]);
  expect([...bad.see(["a", "b", "c"], [good, good, good])]).toEqual([]);
});

it("a person is told which points are bad and why, most of them first, until they are good or others", () => {
  const { bad } = seen();
  const points = ["a", "b", "c", "d", "e"];
  bad.see(points, [broken, refused, refused, refused, refused]);
  expect(bad.summary()).toBe("b, c and 2 more: exception 2, illegal data address; a: exception 4, device failure");
  bad.see(points, [good, refused, good, good, good]);
  expect(bad.summary()).toBe("b: exception 2, illegal data address");
  bad.forget();
  expect(bad.summary()).toBeUndefined();
});

it("lines and points remembered have a bound", () => {
  const { bad, lines } = seen();
  for (let n = 0; n < 5_000; n++) bad.see([`p-${n}`], [{ ...refused, reason: `reason ${n}` }]);
  expect(lines).toHaveLength(20);
  expect(bad.summary()).toContain("997 more reasons");
});
