import { expect, test } from "vitest";
import { parseAddress } from "./address.ts";
import { parsePath, valueAt } from "./field-path.ts";
import { topicFits } from "./transport/pattern.ts";

const parse = (text: string) => parseAddress(text, "/devices/rig_1");

test("an address is a topic and a path, relative to the device's root unless it begins with a slash", () => {
  expect(parse("telemetry#sensor_readings[3]")).toEqual({
    address: {
      kind: "topic",
      topic: "/devices/rig_1/telemetry",
      path: [{ field: "sensor_readings" }, { index: 3 }],
      type: undefined,
      repeatHz: undefined,
      deadManMs: 1000,
    },
  });
  expect(parse("/joints#position[name=elbow.left]")).toMatchObject({
    address: { topic: "/joints", path: [{ field: "position" }, { key: "name", equals: "elbow.left" }] },
  });
  expect(parse("cmd_vel#linear.x;type=geometry_msgs/Twist;repeat=10;deadman=500")).toMatchObject({
    address: { type: "geometry_msgs/Twist", repeatHz: 10, deadManMs: 500 },
  });
  expect(parse("param:max_speed")).toEqual({ address: { kind: "parameter", node: undefined, name: "max_speed", type: undefined } });
  expect(parse("param:/arm/driver:gains.p:double")).toEqual({
    address: { kind: "parameter", node: "/arm/driver", name: "gains.p", type: "double" },
  });
});

test("what is none says why", () => {
  for (const [text, words] of [
    ["telemetry", "not of the form topic#field"],
    ["#battery", "not of the form topic#field"],
    ["rig-1/telemetry#battery", "is not a topic"],
    ["/a//b#c", "is not a topic"],
    ["a#b..c", "is not a path"],
    ["a#[1]", "is not a path"],
    ["a#b;rate=1", "is not an option"],
    ["a#b;repeat=1000", "is not an option"],
    ["param:x:float", "is not a type of parameter"],
    ["param:", "is not of the form"],
    ["param:/n:x:float", "is not a type of parameter"],
    [`${"x".repeat(600)}#y`, "characters"],
  ] as const) {
    expect(parse(text), text).toHaveProperty("problem", expect.stringContaining(words));
  }
});

test("a path finds its value through messages, lists and lists beside lists", () => {
  const message = {
    pose: { position: { x: 1.5 } },
    name: ["shoulder", "elbow"],
    position: Float64Array.of(0.25, 0.5),
    status: [
      { name: "pump", level: 2 },
      { name: "fan", level: 0 },
    ],
    big: 2n ** 60n,
    stamp: { sec: 5, nanosec: 500_000_000 },
  };
  const at = (text: string) => valueAt(message, parsePath(text)!);
  expect(at("pose.position.x")).toEqual({ value: 1.5 });
  expect(at("position[name=elbow]")).toEqual({ value: 0.5 });
  expect(at("status[name=fan].level")).toEqual({ value: 0 });
  expect(at("big")).toEqual({ value: "1152921504606846976" });
  expect(at("stamp")).toEqual({ value: 5.5 });
  expect(at("position[9]")).toEqual({ problem: "it has 2 elements" });
  expect(at("position[name=wrist]")).toEqual({ problem: "none has name wrist" });
  expect(at("pose.speed")).toEqual({ problem: "there is no field speed" });
  expect(at("pose")).toHaveProperty("problem");
  expect(at("name[0][1]")).toHaveProperty("problem");
});

test("a plus stands for exactly one part", () => {
  expect(topicFits("/devices/+/telemetry", "/devices/rig_1/telemetry")).toBe(true);
  expect(topicFits("/devices/+/telemetry", "/devices/a/b/telemetry")).toBe(false);
  expect(topicFits("/devices/+/telemetry", "/devices/telemetry")).toBe(false);
});
