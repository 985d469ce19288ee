import { afterEach, expect, test } from "vitest";
import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import { until } from "./rtps/testing/domain.ts";
import { binding, closeAll, domain, hearing, link, listen, publishing, robot, soon } from "./testing/two-sides.ts";

afterEach(closeAll);

const telemetry = "plainview_msgs/msg/Telemetry";

function changed(devices: Record<string, { options?: object; bindings: readonly Binding[] }>): AdapterConfig {
  return {
    id: "robots",
    link: { domain, interfaces: ["127.0.0.1"], multicast: false, peers: ["127.0.0.1"], timeoutMs: 3000 },
    devices: Object.entries(devices).map(([id, { options = {}, bindings }]) => ({ id, options, bindings })),
  };
}

test("points and devices come and go while the participant and what did not change stay", async () => {
  const there = await robot();
  const lost: string[] = [];
  there.listen((event) => event.kind === "participant-lost" && lost.push(event.participant.prefix));
  const one = publishing(there, "/devices/robot_1/telemetry", telemetry);
  const two = publishing(there, "/devices/robot_2/telemetry", telemetry);
  const first = [binding("telemetry#battery")];
  const connection = await link({}, first);
  const heard = await listen(connection, first);
  await until("the first is matched", () => one.writer.readers.size === 1);
  const reader = [...one.writer.readers][0];

  const second = [binding("telemetry#altitude", { device: "robot-2", point: "robot-2/altitude" })];
  expect(connection.reconfigure!(changed({ "robot-1": { bindings: first }, "robot-2": { bindings: second } }))).toBe(true);
  const heardToo = await listen(connection, second);
  await until("the second is matched", () => two.writer.readers.size === 1);
  one.say({ battery: 50 });
  two.say({ altitude: 7 });
  await until("both are heard", () => heard.length === 1 && heardToo.length === 1);

  expect(connection.reconfigure!(changed({ "robot-2": { bindings: second } }))).toBe(true);
  two.say({ altitude: 8 });
  await until("the one that stays goes on", () => heardToo.at(-1)?.raw === 8);
  expect([...one.writer.readers][0]).toEqual(reader);
  expect(lost).toEqual([]);
});

test("a point with another topic reads that one, and the reader of the old one goes", async () => {
  const there = await robot();
  const old = publishing(there, "/devices/robot_1/old", telemetry);
  const now = publishing(there, "/devices/robot_1/new", telemetry);
  const before = [binding("old#battery")];
  const connection = await link({}, before);
  const reading = connection.read(before, soon());
  await until("matched", () => old.writer.readers.size === 1);
  old.say({ battery: 1 });
  expect(await reading).toMatchObject([{ raw: 1 }]);

  const after = [binding("new#battery")];
  expect(connection.reconfigure!(changed({ "robot-1": { bindings: after } }))).toBe(true);
  await until("the old reader has gone", () => old.writer.readers.size === 0);
  const asked = connection.read(after, soon());
  await until("matched anew", () => now.writer.readers.size === 1);
  now.say({ battery: 2 });
  expect(await asked).toMatchObject([{ raw: 2 }]);
});

test("what is written changes its topic, and methods come and go", async () => {
  const there = await robot();
  const heard = hearing(there, "/devices/robot_1/speed", "std_msgs/msg/Float64");
  const connection = await link({ methods: [{ name: "stop", via: "topic", to: "stop", type: "std_msgs/Empty" }] }, []);
  const speed = binding("speed#data;type=std_msgs/Float64", { writable: true });
  const writes = (topic: string) => there.endpoints().some((endpoint) => endpoint.kind === "writer" && endpoint.topic === topic);
  await until("the method is there", () => writes("rt/devices/robot_1/stop"));
  expect(connection.reconfigure!(changed({ "robot-1": { bindings: [speed] } }))).toBe(true);
  await until("only the point is there", () => writes("rt/devices/robot_1/speed") && !writes("rt/devices/robot_1/stop"));
  await until("heard", () => {
    void connection.act!({ do: "set", binding: speed, value: 4, priority: 8 }, soon()).catch(() => undefined);
    return heard.length > 0;
  });
  await expect(connection.act!({ do: "call", device: "robot-1", method: "stop", args: {} }, soon())).rejects.toMatchObject({
    code: "not-supported",
  });
});
