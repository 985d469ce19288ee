import { rclActions, type ActionLibrary, type Goal } from "./ros-library.ts";

/**
 * A node of a real ROS 2, in a process of its own: telemetry, a velocity, a service, commands with results, a parameter and an action.
 * It prints one line of JSON for whatever it is told, and the graph as ROS sees it twice a second.
 */
const options = new Map(process.argv.slice(2).map((option) => option.split("=", 2) as [string, string]));
/** Answers to a goal, by their numbers in rclnodejs. */
const goalAnswers = { reject: 1, accept: 2 };
const rcl: ActionLibrary = await rclActions();
const context = new rcl.Context(BigInt(options.get("domain") ?? 0));
await rcl.init(context, []);
const node = rcl.createNode("driver", "/arm", context);
const say = (line: object) =>
  console.log(JSON.stringify(line, (_key, value: unknown) => (typeof value === "bigint" ? Number(value) : value)));

const telemetry = node.createPublisher("plainview_msgs/msg/Telemetry", "/devices/robot_1/telemetry");
const results = node.createPublisher("plainview_msgs/msg/CommandResult", "/devices/robot_1/command_result");
const reading = { device_id: "robot-1", device_type: "arm", altitude: 1.5, latitude: 2, longitude: 3, sensor_readings: [7, -8, 9] };
let battery = 0;
setInterval(() => telemetry.publish({ ...reading, battery: ++battery }), 20);

node.createSubscription("geometry_msgs/msg/Twist", "/devices/robot_1/cmd_vel", (twist) => say({ event: "twist", x: twist.linear.x }));
node.createSubscription("plainview_msgs/msg/Command", "/devices/robot_1/command", ({ command_id, device_id, command, args }) => {
  say({ event: "command", command, args });
  const state = command === "hold" ? 1 : 2;
  results.publish({ stamp: { sec: 0, nanosec: 0 }, command_id, device_id, state, message: state === 1 ? "" : "only hold is known" });
});
node.createService("std_srvs/srv/SetBool", "/arm/enable", ({ data }, response) => {
  say({ event: "service", data });
  response.send({ success: data, message: data ? "armed" : "the brake is on" });
});
node.declareParameter(
  new rcl.Parameter("max_speed", rcl.ParameterType.PARAMETER_DOUBLE, 1.5),
  new rcl.ParameterDescriptor("max_speed", rcl.ParameterType.PARAMETER_DOUBLE),
);
const fibonacci = rcl.require("example_interfaces/action/Fibonacci");
const count = async (goal: Goal) => {
  const sequence = [0, 1];
  for (let at = 1; at < goal.request.order; at++) {
    sequence.push(sequence[at]! + sequence[at - 1]!);
    const feedback = new fibonacci.Feedback();
    feedback.sequence = sequence;
    goal.publishFeedback(feedback);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  goal.succeed();
  const result = new fibonacci.Result();
  result.sequence = sequence;
  return result;
};
const judge = ({ order }: { order: number }) => (order > 20 ? goalAnswers.reject : goalAnswers.accept);
new rcl.ActionServer(node, "example_interfaces/action/Fibonacci", "/count", count, judge);
node.spin();
say({ event: "ready" });
setInterval(() => {
  const nodes = node.getNodeNamesAndNamespaces().map(({ name, namespace }) => `${namespace === "/" ? "" : namespace}/${name}`);
  const ends = node.getPublishersInfoByTopic("/devices/robot_1/cmd_vel");
  const hashes = ends.map(({ node_name, topic_type_hash }) => `${node_name} ${Buffer.from(topic_type_hash.value).toString("hex")}`);
  say({ event: "graph", nodes, hashes });
}, 500);
process.on("SIGTERM", () => {
  rcl.shutdown(context);
  process.exit(0);
});
