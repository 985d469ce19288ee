import { afterEach, describe, expect, test } from "vitest";
import type { DeviceEvent } from "#src/contract/adapter.ts";
import { buildPeer } from "./peers/build.ts";
import { Peer } from "./peers/peer.ts";
import { ServiceServer } from "./rtps/index.ts";
import { until } from "./rtps/testing/domain.ts";
import { binding, closeAll, closing, domain, env, hearing, link, listen, publishing, robot, soon, types } from "./testing/two-sides.ts";
import { compileDecoder, compileEncoder, ddsServiceNames, ddsTypeName, type Draft, type Message } from "./types/index.ts";

afterEach(closeAll);

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

  test("a command that takes its time is answered when it is accepted, and its end follows", async () => {
    const there = await robot();
    const commands = hearing(there, "/devices/robot_1/command", "plainview_msgs/msg/Command");
    const results = publishing(there, "/devices/robot_1/command_result", "plainview_msgs/msg/CommandResult");
    const connection = await link({ commands: ["goto"] }, [], { timeoutMs: 60_000 });
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    await until("its results are heard", () => results.writer.readers.size === 1);
    const go = () => connection.act!({ do: "call", device: "robot-1", method: "goto", args: { x: 1 } }, soon());
    let answer: ReturnType<typeof go> | undefined;
    await until("told", () => {
      // Refused, and tried again, until the robot has found us; from then on the same promise is waited for.
      answer ??= go().catch((error: { code?: string }) => {
        answer = undefined;
        expect(error.code).toBe("connect-refused");
        return { assurance: "none" as const };
      });
      return commands.length === 1;
    });
    const of = { command_id: commands[0]!.command_id };
    results.say({ ...of, state: 0 });
    expect(await answer).toMatchObject({ assurance: "device", detail: "accepted, and under way", result: { command: of.command_id } });
    expect(events).toEqual([]);
    results.say({ ...of, state: 3, message: "stuck in the mud" });
    await until("the end is told", () => events.length === 1);
    expect(events[0]).toMatchObject({
      type: "ros2.command-result",
      data: { command: "goto", id: of.command_id, state: "failed", message: "stuck in the mud" },
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
  // A robot whose results are not known of is believed when it has the command, which is a lesser answer.
  await until("its results are known of", () => (connection.health!().counts as { topics: number }).topics === 3);
  // From the first moment on a command either arrives or says that nobody is there yet; it is never lost in silence.
  let held: unknown;
  while (held === undefined)
    held = await call("hold", { reason: "lunch" }).catch((error: { code?: string }) => expect(error.code).toBe("connect-refused"));
  expect(held).toEqual({ assurance: "device" });
  expect(await peer.said("command")).toMatchObject({ command: "hold", args: { reason: "lunch" }, ttl: 5 });
  await expect(call("dance")).rejects.toMatchObject({
    code: "device-refused",
    message: expect.stringContaining("this robot only knows hold") as string,
  });
});
