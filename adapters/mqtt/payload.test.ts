import { describe, expect, it } from "vitest";
import type { PointKind } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import { parseTime } from "#msgs/time.ts";
import { Payload, readingOf, timeOf, type Words } from "./payload.ts";
import { parsePath } from "./path.ts";
import { Sequence } from "./sequence.ts";
import { sourceTimeOf } from "./source-time.ts";

function read(payload: string | Uint8Array, path: string | undefined, kind: PointKind = "number", words: Words = {}) {
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
  const parsed = path === undefined ? undefined : (parsePath(path) as { steps: [] }).steps;
  return readingOf(new Payload(bytes, 1000), parsed, kind, words);
}

describe("a payload", () => {
  it("of JSON gives the value at the path", () => {
    const body = '{"temperature":21.5,"air":{"co2":612},"readings":[{"value":3}],"on":true,"name":"x"}';
    expect(read(body, "temperature")).toEqual({ raw: 21.5, quality: quality.good });
    expect(read(body, "air.co2")?.raw).toBe(612);
    expect(read(body, "readings[0].value")?.raw).toBe(3);
    expect(read(body, "on", "boolean")?.raw).toBe(true);
    expect(read(body, "name", "text")?.raw).toBe("x");
    expect(read("21.5", "")?.raw).toBe(21.5);
  });

  it("that does not speak of a point says nothing about it", () => {
    expect(read('{"humidity":3}', "temperature")).toBeUndefined();
    expect(read("[]", "temperature")).toBeUndefined();
  });

  it("keeps the digits of whole numbers that a double cannot hold", () => {
    expect(read('{"total":9007199254740993}', "total")?.raw).toBe("9007199254740993");
    expect(read('{"total":9007199254740991}', "total")?.raw).toBe(9007199254740991);
    expect(read("18446744073709551615", undefined)?.raw).toBe("18446744073709551615");
    expect(read('{"a":1234567890123456789.5}', "a")?.raw).toBe(1234567890123456800);
  });

  it("in plain text is a number, a word or a text, as the point is", () => {
    expect(read(" 21.5\n", undefined)?.raw).toBe(21.5);
    expect(read("-1e3", undefined)?.raw).toBe(-1000);
    expect(read("ON", undefined, "boolean", { on: "ON", off: "OFF" })?.raw).toBe(true);
    expect(read("OFF", undefined, "boolean", { on: "ON", off: "OFF" })?.raw).toBe(false);
    expect(read("true", undefined, "boolean")?.raw).toBe("true");
    expect(read(" a b ", undefined, "text")?.raw).toBe(" a b ");
    expect(read('{"n":"21.5"}', "n")?.raw).toBe(21.5);
  });

  it("that cannot be read is a bad reading with the reason, never a value", () => {
    for (const [payload, path, why] of [
      ["", undefined, "empty"],
      ["hot", undefined, "not a number"],
      ["0x10", undefined, "not a number"],
      ["12 kW", undefined, "not a number"],
      ["{", "a", "not JSON"],
      ['{"a":{}}', "a", "an object"],
      ['{"a":[1]}', "a", "a list"],
      ['{"a":null}', "a", "null"],
      [Uint8Array.of(0xff, 0xfe), undefined, "UTF-8"],
      ["x".repeat(2000), "a", "maxMessageBytes"],
    ] as const) {
      const reading = read(payload, path);
      expect(reading?.raw, String(payload)).toBeNull();
      expect(reading?.quality).toBeGreaterThanOrEqual(quality.bad);
      expect(reading?.reason).toContain(why);
    }
  });
});

describe("a device's own time", () => {
  const at = parseTime("2026-01-02T03:04:05.678Z")!;

  it("is read as it is written", () => {
    expect(sourceTimeOf(at / 1000, "unix-ms")).toBe(at);
    expect(sourceTimeOf(at / 1e6, "unix-s")).toBe(at);
    expect(sourceTimeOf(String(at / 1e6), "unix-s")).toBe(at);
    expect(sourceTimeOf(at + 1, "unix-us")).toBe(at + 1);
    expect(sourceTimeOf("2026-01-02T04:04:05.678+01:00", "rfc3339")).toBe(at);
  });

  it("that is no time is no source time", () => {
    for (const [value, format] of [
      [0, "unix-s"],
      [12, "unix-ms"],
      [at, "unix-ms"],
      ["yesterday", "rfc3339"],
      [at / 1000, "rfc3339"],
      ["2026-01-02 03:04:05", "rfc3339"],
      [Number.NaN, "unix-s"],
      [{}, "unix-s"],
      [null, "unix-ms"],
    ] as const) {
      expect(sourceTimeOf(value, format)).toBeUndefined();
    }
  });

  it("is doubtful when it cannot be read, and unknown when the message has none", () => {
    const payload = new Payload(Buffer.from('{"a":{"t":"soon"}}'), 100);
    expect(timeOf(payload, ["a", "t"], "rfc3339")).toBe("doubtful");
    expect(timeOf(payload, ["t"], "rfc3339")).toBeUndefined();
    expect(timeOf(payload, undefined, "rfc3339")).toBeUndefined();
  });
});

describe("a numbering", () => {
  const heardBy = (sequence: Sequence, number: number, about: { isRepeat?: boolean; sourceTime?: number; now?: number } = {}) =>
    sequence.hear({ number, isRepeat: about.isRepeat ?? false, sourceTime: about.sourceTime }, about.now ?? 0);

  it("tells what is missing, what came twice or late, and what is lost when it was waited for", () => {
    const sequence = new Sequence();
    expect(heardBy(sequence, 7)).toEqual({ is: "first" });
    expect(heardBy(sequence, 8, { now: 50 })).toEqual({ is: "next" });
    expect(heardBy(sequence, 8)).toEqual({ is: "repeated" });
    expect(heardBy(sequence, 7, { isRepeat: true })).toEqual({ is: "repeated" });
    expect(heardBy(sequence, 13, { now: 100 })).toEqual({ is: "gap", missing: 4 });
    expect(heardBy(sequence, 10, { now: 110 })).toEqual({ is: "late" });
    expect(heardBy(sequence, 14, { now: 120 })).toEqual({ is: "next" });
    expect(sequence.lostBefore(99)).toBeUndefined();
    expect(sequence.lostBefore(100)).toEqual({ count: 3, after: 50 });
    expect(sequence.lostBefore(100)).toBeUndefined();
  });

  it("is no new beginning when the broker sends what it kept after what is new", () => {
    const sequence = new Sequence();
    for (const number of [310, 191, 192, 311, 193]) expect(["restarted", "gap"]).not.toContain(heardBy(sequence, number).is);
    expect(sequence.lostBefore(1e9)).toBeUndefined();
  });

  it("begins anew when the device does: its clock went on, or its number is a first one again", () => {
    const sequence = new Sequence();
    heardBy(sequence, 400, { sourceTime: 1000 });
    expect(heardBy(sequence, 390, { sourceTime: 900 })).toEqual({ is: "late" });
    expect(heardBy(sequence, 120, { sourceTime: 2000 })).toEqual({ is: "restarted", from: 400 });
    expect(heardBy(sequence, 1)).toEqual({ is: "restarted", from: 120 });
    expect(heardBy(sequence, 2)).toEqual({ is: "next" });
  });

  it("that wraps goes on at zero", () => {
    const sequence = new Sequence(256);
    for (const number of [254, 255, 0]) heardBy(sequence, number);
    expect(heardBy(sequence, 3)).toEqual({ is: "gap", missing: 2 });
    expect(heardBy(sequence, 1)).toEqual({ is: "late" });
    expect(sequence.lostBefore(0)).toMatchObject({ count: 1 });
    for (let number = 4; number < 1000; number++) expect(heardBy(sequence, number % 256).is).toBe("next");
  });

  it("waits for few stretches only, and counts what it gives up", () => {
    const sequence = new Sequence();
    for (let number = 0; number < 1000; number += 2) heardBy(sequence, number);
    expect(sequence.lostBefore(0)).toMatchObject({ count: 499 });
  });
});
