import { afterEach, describe, expect, test } from "vitest";
import type { AdapterConfig, AdapterModule, Binding, Connection, DeviceEvent, PushedReading } from "#src/contract/adapter.ts";
import type { PointKind } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import { realEnv } from "#test/fakes/adapter-env.ts";
import { ros2Adapter } from "./index.ts";
import { buildPeer } from "./peers/build.ts";
import { Peer } from "./peers/peer.ts";
import { bestEffortQos, defaultQos, latchedQos, RosGraph, ServiceServer, type Participant, type Qos, type Writer } from "./rtps/index.ts";
import { claimDomain, openOnLoopback, until } from "./rtps/testing/domain.ts";
import { liveEnvironment } from "./rtps/testing/live-environment.ts";
import { compileDecoder, compileEncoder, ddsServiceNames, ddsTopicName, ddsTypeName, type Draft, type Message } from "./types/index.ts";
import { typesFor } from "./type-room.ts";

const env = liveEnvironment();
const domain = await claimDomain();
const adapter: AdapterModule = ros2Adapter;
const types = typesFor(undefined);
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function robot(): Promise<Participant> {
  const participant = await openOnLoopback(domain, env, { userData: "enclave=/;" });
  closing.push(() => participant.close());
  return participant;
}

function binding(address: string, more: Partial<Binding> = {}, kind: PointKind = "number"): Binding {
  return { point: `robot-1/${address}`, device: "robot-1", address, kind, writable: false, pollMs: 0, ...more };
}

async function link(options: object, bindings: readonly Binding[], more: object = {}): Promise<Connection> {
  const config: AdapterConfig = {
    id: "robots",
    link: { domain, interfaces: ["127.0.0.1"], multicast: false, peers: ["127.0.0.1"], timeoutMs: 3000, ...more },
    devices: [{ id: "robot-1", options, bindings }],
  };
  expect(adapter.check(config)).toEqual([]);
  const connection = await adapter.create(config, realEnv()).connect(AbortSignal.timeout(5000));
  closing.push(() => connection.close());
  return connection;
}

function publishing(
  participant: Participant,
  topic: string,
  type: string,
  qos: Qos = defaultQos,
): { writer: Writer; say: (draft: Draft) => void } {
  const writer = participant.createWriter({ topic: ddsTopicName(topic), type: ddsTypeName(type), qos });
  const encode = compileEncoder(types, type);
  return { writer, say: (draft) => void writer.write(encode(draft)) };
}

function hearing(participant: Participant, topic: string, type: string): Message[] {
  const heard: Message[] = [];
  const decode = compileDecoder(types, type);
  participant.createReader({ topic: ddsTopicName(topic), type: ddsTypeName(type), onSample: ({ payload }) => heard.push(decode(payload)) });
  return heard;
}

async function listen(connection: Connection, bindings: readonly Binding[]): Promise<PushedReading[]> {
  const heard: PushedReading[] = [];
  const subscription = await connection.subscribe!(bindings, (readings) => heard.push(...readings), AbortSignal.timeout(5000));
  expect(subscription.refused).toEqual([]);
  return heard;
}

const soon = () => AbortSignal.timeout(10_000);

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

describe("out", () => {
  test("a velocity is repeated while its command lives and then goes to zero by itself", async () => {
    const there = await robot();
    const heard = hearing(there, "/devices/robot_1/cmd_vel", "geometry_msgs/msg/Twist");
    const speed = binding("cmd_vel#linear.x;type=geometry_msgs/Twist;repeat=50;deadman=300", { writable: true });
    const connection = await link({}, [speed]);
    await until(
      "matched",
      () =>
        there.participants().length === 1 &&
        there.endpoints().some(({ kind, topic }) => kind === "writer" && topic === "rt/devices/robot_1/cmd_vel"),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    const receipt = await connection.act!({ do: "set", binding: speed, value: 0.75, priority: 8 }, soon());
    expect(receipt.assurance).toBe("transport");
    const xs = () => heard.map(({ linear }) => (linear as Message).x);
    await until("repeated", () => xs().filter((x) => x === 0.75).length >= 5);
    await until("stopped", () => xs().at(-1) === 0);
    const count = heard.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard.length).toBe(count);
  });

  test("a command with nobody there was not sent, and says so", async () => {
    const connection = await link({ commands: ["hold"] }, []);
    await expect(connection.act!({ do: "call", device: "robot-1", method: "hold", args: {} }, soon())).rejects.toMatchObject({
      code: "connect-refused",
      sent: false,
    });
  });

  test("a service that says no is a refusal with its words", async () => {
    const there = await robot();
    const { request, reply } = ddsServiceNames("/arm");
    const encode = compileEncoder(types, "std_srvs/srv/SetBool_Response");
    const decode = compileDecoder(types, "std_srvs/srv/SetBool_Request");
    const spec = {
      requestTopic: request,
      replyTopic: reply,
      requestType: ddsTypeName("std_srvs/srv/SetBool_Request"),
      replyType: ddsTypeName("std_srvs/srv/SetBool_Response"),
    };
    new ServiceServer(there, spec, env, async (bytes) =>
      encode(decode(bytes).data === true ? { success: true, message: "armed" } : { success: false, message: "the brake is on" }),
    );
    const connection = await link({ methods: [{ name: "arm", via: "service", to: "/arm", type: "std_srvs/SetBool" }] }, []);
    const call = (data: boolean) => connection.act!({ do: "call", device: "robot-1", method: "arm", args: { data } }, soon());
    expect(await call(true)).toEqual({ assurance: "device", result: { success: true, message: "armed" } });
    await expect(call(false)).rejects.toMatchObject({
      code: "device-refused",
      message: expect.stringContaining("the brake is on") as string,
    });
  });

  test("an action's goal is accepted, its feedback and its result are told", async () => {
    const there = await robot();
    const type = "example_interfaces/action/Fibonacci";
    const serve = (name: string, half: string, answer: (request: Message) => Draft | Promise<Draft>) => {
      const names = ddsServiceNames(`/count/_action/${name}`);
      const [decode, encode] = [compileDecoder(types, `${half}_Request`), compileEncoder(types, `${half}_Response`)];
      const spec = {
        requestTopic: names.request,
        replyTopic: names.reply,
        requestType: ddsTypeName(`${half}_Request`),
        replyType: ddsTypeName(`${half}_Response`),
      };
      new ServiceServer(there, spec, env, async (bytes) => encode(await answer(decode(bytes))));
    };
    const feedback = publishing(there, "/count/_action/feedback", `${type}_FeedbackMessage`);
    serve("send_goal", `${type}_SendGoal`, ({ goal }) => ({ accepted: (goal as Message).order === 3 }));
    serve("get_result", `${type}_GetResult`, async ({ goal_id }) => {
      feedback.say({ goal_id, feedback: { sequence: [0, 1] } });
      return { status: 4, result: { sequence: [0, 1, 1] } };
    });
    const connection = await link({ methods: [{ name: "count", via: "action", to: "/count", type: "example_interfaces/Fibonacci" }] }, []);
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    await until("feedback heard", () => feedback.writer.readers.size === 1);
    const call = (order: number) => connection.act!({ do: "call", device: "robot-1", method: "count", args: { order } }, soon());
    await expect(call(7)).rejects.toMatchObject({ code: "device-refused" });
    expect(await call(3)).toMatchObject({ assurance: "device", detail: "the goal was accepted" });
    await until("told", () => events.some((event) => event.type === "ros2.action-result"));
    expect(events.find((event) => event.type === "ros2.action-result")!.data).toMatchObject({
      status: "succeeded",
      result: { sequence: [0, 1, 1] },
    });
    expect(events.some((event) => event.type === "ros2.action-feedback")).toBe(true);
  });
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

test("a robot in C on Cyclone DDS is heard and obeys", async () => {
  const program = await buildPeer("cyclone");
  if (program === undefined) return;
  const peer = new Peer(program, "cyclone", "robot", { domain, id: "robot_1" });
  closing.push(() => peer.stop());
  await peer.said("ready");
  const bindings = [binding("telemetry#battery"), binding("telemetry#sensor_readings[3]")];
  const connection = await link({ commands: ["hold", "dance"], says: "robot_1" }, bindings);
  const heard = await listen(connection, bindings);
  await until("heard", () => heard.some(({ raw }) => raw === 44));
  const call = (method: string, args = {}) => connection.act!({ do: "call", device: "robot-1", method, args }, soon());
  await until("its reader is found", () => peer.lines.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await call("hold", { reason: "lunch" })).toEqual({ assurance: "device" });
  expect(await peer.said("command")).toMatchObject({ command: "hold", args: { reason: "lunch" }, ttl: 5 });
  await expect(call("dance")).rejects.toMatchObject({
    code: "device-refused",
    message: expect.stringContaining("this robot only knows hold") as string,
  });
});
