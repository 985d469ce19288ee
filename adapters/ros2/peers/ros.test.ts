import { afterEach, describe, expect, test } from "vitest";
import type { DeviceEvent } from "#src/contract/adapter.ts";
import { isGood } from "#msgs/quality.ts";
import { until } from "../rtps/testing/domain.ts";
import { binding, closeAll, closing, domain, link, listen, soon, types } from "../testing/two-sides.ts";
import { typeHash } from "../types/index.ts";
import { Peer } from "./peer.ts";
import { rosMissing } from "./ros-library.ts";

const missing = await rosMissing();
if (missing !== undefined) console.log(`real ROS 2 peers: left out, ${missing}`);
const program = new URL("./ros-node.ts", import.meta.url).pathname;

afterEach(closeAll);

async function rosNode(): Promise<Peer> {
  const peer = new Peer(process.execPath, "ros", program, { domain });
  closing.push(() => peer.stop());
  await peer.said("ready");
  return peer;
}

// Both transports against the same node: what one can do, the other does in the same words.
describe.each(missing === undefined ? ["rtps", "rcl"] : [])("a node of a real ROS 2 through %s", (transport) => {
  const open = (options: object, bindings: Parameters<typeof link>[1]) =>
    link({ node: "/arm/driver", ...options }, bindings, { transport });

  test("is heard, listed, and sees us in its graph", async () => {
    const peer = await rosNode();
    const speed = binding("cmd_vel#linear.x;type=geometry_msgs/Twist", { writable: true });
    const points = [binding("telemetry#battery"), binding("telemetry#sensor_readings[1]")];
    const connection = await open({}, [...points, speed]);
    const heard = await listen(connection, points);
    await until("heard", () => heard.length > 20);
    expect(heard.every((reading) => isGood(reading.quality))).toBe(true);
    expect(heard.some((reading) => reading.raw === -8)).toBe(true);
    const counted = heard.flatMap(({ binding: { address }, raw }) => (address === "telemetry#battery" ? [Number(raw)] : []));
    expect(counted).toEqual(counted.map((_, at) => counted[0]! + at));
    expect(Math.abs(heard.at(-1)!.sourceTime! / 1000 - Date.now())).toBeLessThan(60_000);
    const list = (what: string) => connection.health!()[what] as Record<string, unknown>[];
    await until("listed", () => list("nodes").some(({ name }) => name === "/arm/driver"));
    expect(list("nodes").find(({ name }) => name === "/arm/driver")).toMatchObject({ device: "robot-1", state: "up" });
    const topic = list("topics").find(({ name }) => name === "/devices/robot_1/telemetry");
    expect(topic).toMatchObject({
      types: ["plainview_msgs/msg/Telemetry"],
      publishers: [{ node: "/arm/driver", reliability: "reliable" }],
    });
    expect(list("services")).toContainEqual({ name: "/arm/enable", type: "std_srvs/srv/SetBool" });
    const ours = `plainview_gateway ${typeHash(types, "geometry_msgs/msg/Twist").slice("RIHS01_".length)}`;
    const seen = await peer.said("graph", 10_000, ({ hashes }) => (hashes as string[]).includes(ours));
    expect(seen.nodes).toContain("/plainview_gateway");
  });

  test("obeys on topics, services and commands, and says no in words", async () => {
    const peer = await rosNode();
    const speed = binding("cmd_vel#linear.x;type=geometry_msgs/Twist;repeat=20;deadman=300", { writable: true });
    const methods = [{ name: "arm", via: "service", to: "/arm/enable", type: "std_srvs/SetBool" }];
    const connection = await open({ commands: ["hold", "dance"], methods }, [speed]);
    const call = (method: string, args = {}) => connection.act!({ do: "call", device: "robot-1", method, args }, soon());
    expect(await call("arm", { data: true })).toEqual({ assurance: "device", result: { success: true, message: "armed" } });
    await expect(call("arm", { data: false })).rejects.toThrow("the brake is on");
    await expect(call("arm", { data: "maybe" })).rejects.toMatchObject({ code: "device-refused", sent: false });
    await until("commands are heard", () => Number((connection.health!().counts as { topics: number }).topics) > 0);
    expect(await call("hold", { why: "lunch" })).toMatchObject({ assurance: "device" });
    expect(await peer.said("command")).toMatchObject({ command: "hold", args: '{"why":"lunch"}' });
    await expect(call("dance")).rejects.toThrow("only hold is known");
    expect((await connection.act!({ do: "set", binding: speed, value: 0.75, priority: 8 }, soon())).assurance).toBe("transport");
    await peer.said("twist", 5000, ({ x }) => x === 0.75);
    await until("stopped by itself", () => peer.lines.findLast(({ event }) => event === "twist")?.x === 0);
  });

  test("has its parameters read and set", async () => {
    await rosNode();
    const speed = binding("param:max_speed:double", { writable: true });
    const connection = await open({}, [speed]);
    expect(await connection.read([speed], soon())).toMatchObject([{ raw: 1.5 }]);
    expect(await connection.act!({ do: "set", binding: speed, value: 2.25, priority: 8 }, soon())).toEqual({ assurance: "device" });
    expect(await connection.read([speed], soon())).toMatchObject([{ raw: 2.25 }]);
    const unknown = binding("param:colour");
    expect(await connection.read([unknown], soon())).toMatchObject([{ raw: null, reason: "the node has no such parameter" }]);
  });

  test("takes a goal, tells how it goes and what came of it, and refuses another", async () => {
    await rosNode();
    const connection = await open({ methods: [{ name: "count", via: "action", to: "/count", type: "example_interfaces/Fibonacci" }] }, []);
    const events: DeviceEvent[] = [];
    connection.events!((event) => events.push(event));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const call = (order: number) => connection.act!({ do: "call", device: "robot-1", method: "count", args: { order } }, soon());
    await expect(call(50)).rejects.toMatchObject({ code: "device-refused" });
    expect(await call(6)).toMatchObject({ assurance: "device", detail: "the goal was accepted" });
    await until("its result", () => events.some(({ type }) => type === "ros2.action-result"));
    expect(events.find(({ type }) => type === "ros2.action-result")!.data).toMatchObject({
      status: "succeeded",
      result: { sequence: [0, 1, 1, 2, 3, 5, 8] },
    });
    expect(events.some(({ type }) => type === "ros2.action-feedback")).toBe(true);
  });

  test("that is killed and started again is bad and then good", async () => {
    const first = await rosNode();
    const points = [binding("telemetry#battery")];
    const connection = await open({}, points);
    const heard = await listen(connection, points);
    await until("heard", () => heard.some(({ quality }) => isGood(quality)));
    await first.kill();
    await until("bad within its lease", () => heard.at(-1)!.raw === null, 20_000);
    await rosNode();
    await until("good again", () => isGood(heard.at(-1)!.quality));
  }, 40_000);
});

test("whether a real ROS 2 is here is found out, and why not is said", () => {
  expect(missing === undefined || /ROS_DISTRO|rclnodejs/.test(missing)).toBe(true);
});
