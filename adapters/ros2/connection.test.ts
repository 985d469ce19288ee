import { afterEach, describe, expect, test } from "vitest";
import type { DeviceEvent } from "#src/contract/adapter.ts";
import { quality } from "#msgs/quality.ts";
import { bestEffortQos, defaultQos, latchedQos, RosGraph } from "./rtps/index.ts";
import { until } from "./rtps/testing/domain.ts";
import { binding, closeAll, link, listen, publishing, robot } from "./testing/two-sides.ts";

afterEach(closeAll);

describe("in", () => {
  test("any field becomes a point, with the stamp of the header as its time", async () => {
    const there = await robot();
    const joints = publishing(there, "/joints", "sensor_msgs/msg/JointState");
    const odometry = publishing(there, "/odom", "nav_msgs/msg/Odometry", bestEffortQos);
    const paths = ["/joints#position[1]", "/joints#velocity[name=elbow]", "/odom#pose.pose.position.x", "/odom#pose.covariance[35]"];
    const bindings = [...paths.map((path) => binding(path)), binding("/odom#child_frame_id", {}, "text")];
    const connection = await link({}, bindings);
    const heard = await listen(connection, bindings);
    await until("matched", () => joints.writer.readers.size === 1 && odometry.writer.readers.size === 1);
    const header = { stamp: { sec: 1_700_000_000, nanosec: 250_000_000 } };
    joints.say({ header, name: ["shoulder", "elbow"], position: [0.5, 1.5], velocity: [0.1, -0.2] });
    odometry.say({
      header,
      child_frame_id: "base",
      pose: { pose: { position: { x: 4.25 } }, covariance: Array.from({ length: 36 }, (_, i) => i) },
    });
    await until("all five", () => heard.length === 5);
    expect(Object.fromEntries(heard.map(({ binding: { address }, raw }) => [address, raw]))).toEqual({
      "/joints#position[1]": 1.5,
      "/joints#velocity[name=elbow]": -0.2,
      "/odom#pose.pose.position.x": 4.25,
      "/odom#pose.covariance[35]": 35,
      "/odom#child_frame_id": "base",
    });
    expect(new Set(heard.map(({ sourceTime }) => sourceTime))).toEqual(new Set([1_700_000_000_250_000]));
  });

  test("a pattern takes topics as they appear, and a message says whose it is", async () => {
    const bindings = [binding("/devices/+/telemetry#battery")];
    const connection = await link({}, bindings);
    const heard = await listen(connection, bindings);
    const there = await robot();
    const mine = publishing(there, "/devices/robot_1/telemetry", "plainview_msgs/msg/Telemetry");
    const other = publishing(there, "/devices/robot_2/telemetry", "plainview_msgs/msg/Telemetry");
    await until("matched", () => mine.writer.readers.size === 1 && other.writer.readers.size === 1);
    other.say({ device_id: "robot-2", battery: 11 });
    mine.say({ device_id: "robot-1", battery: 77 });
    await until("heard", () => heard.length > 0);
    expect(heard.map(({ raw }) => raw)).toEqual([77]);
  });

  test("when the last publisher is gone the point is bad at once, and good again when it is back", async () => {
    const bindings = [binding("telemetry#battery")];
    const connection = await link({}, bindings);
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    const heard = await listen(connection, bindings);
    for (const round of [1, 2]) {
      const there = await robot();
      const { writer, say } = publishing(there, "/devices/robot_1/telemetry", "plainview_msgs/msg/Telemetry");
      await until("matched", () => writer.readers.size === 1);
      say({ battery: round });
      await until("good", () => heard.at(-1)?.raw === round);
      await there.close();
      await until("bad", () => heard.at(-1)?.raw === null);
      expect(heard.at(-1)).toMatchObject({ quality: quality.badLink, reason: "nobody publishes /devices/robot_1/telemetry any more" });
    }
    expect(events.map(({ type }) => type)).toEqual(["ros2.publisher-gone", "ros2.publisher-gone"]);
  });

  test("QoS is asked for as it is offered, also when a second publisher offers less", async () => {
    const there = await robot();
    const strong = publishing(there, "/scan", "std_msgs/msg/Float64", { ...latchedQos, deadlineMs: 5000 });
    strong.say({ data: 1 });
    const bindings = [binding("/scan#data")];
    const connection = await link({}, bindings);
    const heard = await listen(connection, bindings);
    await until("the latched one", () => heard.some(({ raw }) => raw === 1));
    const weak = publishing(there, "/scan", "std_msgs/msg/Float64", bestEffortQos);
    await until("both matched", () => weak.writer.readers.size === 1 && strong.writer.readers.size === 1);
    weak.say({ data: 2 });
    await until("the weak one", () => heard.some(({ raw }) => raw === 2));
    expect(connection.health!().problems).toEqual([]);
  });

  test("a type nobody knows, and a missed deadline, are told instead of silence", async () => {
    const there = await robot();
    there.createWriter({ topic: "rt/strange", type: "rig_msgs::msg::dds_::Mud_" });
    const late = publishing(there, "/late", "std_msgs/msg/Float64", { ...defaultQos, deadlineMs: 80 });
    const bindings = [binding("/strange#x"), binding("/late#data")];
    const connection = await link({}, bindings);
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    const heard = await listen(connection, bindings);
    const newest = (address: string) => heard.findLast((reading) => reading.binding.address === address);
    await until("unknown", () => newest("/strange#x")?.quality === quality.badConfig);
    expect(newest("/strange#x")!.reason).toContain("put the .msg into the folder");
    await until("matched", () => late.writer.readers.size === 1);
    late.say({ data: 5 });
    await until("late", () => newest("/late#data")?.quality === quality.uncertainStale);
    expect(newest("/late#data")!.raw).toBe(5);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["ros2.unknown-type", "ros2.late"]));
  });

  test("more messages than the rate allows are counted and left alone", async () => {
    const there = await robot();
    const { writer, say } = publishing(there, "/fast", "std_msgs/msg/Float64");
    const bindings = [binding("/fast#data")];
    const connection = await link({}, bindings, { maxRateHz: 5 });
    const heard = await listen(connection, bindings);
    await until("matched", () => writer.readers.size === 1);
    for (let i = 0; i < 100; i++) say({ data: i });
    const topic = () =>
      (connection.health!().topics as { name: string; received?: number; dropped?: number }[]).find(({ name }) => name === "/fast");
    await until("all received", () => topic()?.received === 100);
    expect(heard.length + topic()!.dropped!).toBe(100);
    expect(heard.length).toBeLessThan(10);
  });
});

test("looking around finds what robots say and leaves out what ROS says to itself", async () => {
  const there = await robot();
  publishing(there, "/arm/joints", "sensor_msgs/msg/JointState");
  publishing(there, "/count/_action/feedback", "example_interfaces/action/Fibonacci_FeedbackMessage");
  publishing(there, "/arm/parameter_events", "rcl_interfaces/msg/ParameterEvent");
  publishing(there, "/rosout", "rcl_interfaces/msg/Log");
  const connection = await link({}, []);
  await until("all are known", () => (connection.health!().counts as { topics: number }).topics >= 4);
  const found = new Set<string>();
  for await (const { device } of connection.browse!(AbortSignal.timeout(5000))) found.add(device.id);
  expect([...found]).toEqual(["arm"]);
});

test("nodes, topics with their QoS, and services are listed, and robots are recognised", async () => {
  const there = await robot();
  const graph = new RosGraph(there, { namespace: "/", name: "driver", gidBytes: "auto" });
  const { writer } = publishing(there, "/devices/robot_1/telemetry", "plainview_msgs/msg/Telemetry");
  graph.setEndpoints([], [writer.guid]);
  const connection = await link({}, []);
  const list = (what: string) => connection.health!()[what] as Record<string, unknown>[];
  await until("listed", () => list("nodes").some(({ device }) => device === "robot-1"));
  expect(list("nodes")).toContainEqual({ name: "/driver", publishes: ["/devices/robot_1/telemetry"], device: "robot-1", state: "up" });
  const topic = list("topics").find(({ name }) => name === "/devices/robot_1/telemetry");
  expect(topic).toMatchObject({
    types: ["plainview_msgs/msg/Telemetry"],
    publishers: [{ node: "/driver", reliability: "reliable", durability: "volatile" }],
  });
  await until("we are seen", () => graph.nodes().some(({ name }) => name === "plainview_gateway"));
});
