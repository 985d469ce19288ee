import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPlace, parseAddress } from "./address.ts";
import { formatPath, parsePath, payloadWith, valueAt } from "./path.ts";
import { covers, filterProblem, matches, topicBelow, topicProblem } from "./topic.ts";

function placeOf(text: string): unknown {
  const parsed = parseAddress(text);
  return "address" in parsed ? parsed.address : parsed.problem;
}

describe("an address", () => {
  it("is a topic, a path in its payload, and where it is told", () => {
    expect(placeOf("telemetry#air.co2")).toEqual({ read: { topic: "telemetry", path: ["air", "co2"] } });
    expect(placeOf("POWER")).toEqual({ read: { topic: "POWER" } });
    expect(placeOf("#temperature")).toEqual({ read: { topic: "", path: ["temperature"] } });
    expect(placeOf("+/state#x > cmnd/{device}/POWER")).toEqual({
      read: { topic: "+/state", path: ["x"] },
      write: { topic: "cmnd/{device}/POWER" },
    });
    expect(placeOf('t#["a > b"].c')).toEqual({ read: { topic: "t", path: ["a > b", "c"] } });
  });

  it("that nobody can read says why", () => {
    for (const [text, why] of [
      ["", "no topic and no path"],
      ["a > b > c", "one > at most"],
      ["a > ", "no topic and no path"],
      ["a/+b", "+ stands for a whole level"],
      ["a/#", "no wildcard"],
      ["a > b/+", "wildcards"],
      ["a#b..c", "is not a path"],
      ["a#[x]", "is not a path"],
      ["a\u0000", "control characters"],
      ["a".repeat(2000), "at most 1000"],
    ]) {
      expect(placeOf(text!), text).toContain(why);
    }
  });

  it("written down again reads the same", () => {
    for (const text of ["telemetry#air.co2", "a/b", "#[0].x", 't#["odd key"].y[3]', '#["say \\"no\\""]'])
      expect(formatPlace((placeOf(text) as { read: { topic: string } }).read)).toBe(text);
  });
});

describe("a path", () => {
  it("of any keys, written and read, is the same", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ minLength: 1 }), fc.nat(999)), { maxLength: 8 }), (steps) => {
        expect(parsePath(formatPath(steps))).toEqual({ steps });
      }),
    );
  });

  it("finds what a payload made for it holds, and nothing a payload only inherits", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ minLength: 1 }), fc.nat(20)), { maxLength: 6 }), (steps) => {
        expect(valueAt(JSON.parse(JSON.stringify(payloadWith(steps, 7))), steps)).toBe(7);
      }),
    );
    expect(valueAt({}, ["constructor"])).toBeUndefined();
    expect(valueAt([1], ["length"])).toBe(1);
    expect(valueAt({ 0: "x" }, [0])).toBeUndefined();
    expect(valueAt("text", [0])).toBeUndefined();
  });
});

describe("a topic", () => {
  it("matches filters as the specification says", () => {
    for (const [filter, topic, does] of [
      ["a/b", "a/b", true],
      ["a/+", "a/b", true],
      ["a/+", "a", false],
      ["a/+", "a/", true],
      ["a/+", "a/b/c", false],
      ["+/+", "/x", true],
      ["a/#", "a", true],
      ["a/#", "a/b/c", true],
      ["#", "a/b", true],
      ["#", "$SYS/x", false],
      ["+/x", "$SYS/x", false],
      ["$SYS/#", "$SYS/x", true],
    ] as const) {
      expect(matches(filter, topic), `${filter} ${topic}`).toBe(does);
    }
  });

  it("that a narrow filter brings comes with every filter that covers it", () => {
    const level = fc.constantFrom("a", "b", "+");
    const filter = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
    const topic = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
    fc.assert(
      fc.property(filter, filter, topic, (wide, narrow, name) => {
        if (covers(wide, narrow) && matches(narrow, name)) expect(matches(wide, name)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(covers("a/+", "a/b")).toBe(true);
    expect(covers("a/b", "a/+")).toBe(false);
    expect(covers("a/#", "a/+/c")).toBe(true);
  });

  it("stands below the device's own, which may name the device", () => {
    expect(topicBelow("plant/+/{device}", "state", "zone-1")).toBe("plant/+/zone-1/state");
    expect(topicBelow(undefined, "stat/{device}/POWER", "lamp")).toBe("stat/lamp/POWER");
    expect(topicBelow("zigbee/lamp", "", "lamp")).toBe("zigbee/lamp");
    expect(filterProblem("a/#", true)).toBeUndefined();
    expect(topicProblem("a/b")).toBeUndefined();
  });
});
