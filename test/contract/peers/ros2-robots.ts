import { ros2Adapter } from "#adapters/ros2/index.ts";
import { claimDomain } from "#adapters/ros2/rtps/testing/domain.ts";
import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import type { AdapterContract, AdapterHarness } from "../adapter-contract.ts";
import { Ros2Peer } from "./ros2-peer.ts";

const domain = await claimDomain();

function binding(device: string, address: string, kind: PointKind = "number", writable = false): Binding {
  return { point: `${device}/${address}`, device, address, kind, writable, pollMs: 1000 };
}

async function openRobots(transport: "rtps" | "rcl"): Promise<AdapterHarness> {
  // A real middleware takes its time to find others, and its graph is asked instead of telling.
  const timeoutMs = transport === "rcl" ? 2000 : 500;
  const peer = new Ros2Peer(domain);
  const robot = (id: string, battery: number) => ({
    device_id: id,
    device_type: "roustabout",
    battery,
    altitude: 12.25,
    latitude: -3.5,
    sensor_readings: [7, -8, 9],
  });
  peer.robots.set("/devices/one", robot("one", 87.5));
  peer.robots.set("/devices/two", robot("two", 55));
  peer.parameters.set("serial", "RB-4711").set("speed_limit", 1).set("armed", true);
  peer.refuses = (_name, value) => value === -1;
  await peer.comeBack();
  const good: { binding: Binding; value: Value }[] = [
    { binding: binding("one", "telemetry#battery"), value: 87.5 },
    { binding: binding("one", "telemetry#altitude"), value: 12.25 },
    { binding: binding("one", "/devices/one/telemetry#sensor_readings[1]"), value: -8 },
    { binding: binding("one", "telemetry#device_type", "text"), value: "roustabout" },
    { binding: binding("one", "/devices/+/telemetry#latitude"), value: -3.5 },
    { binding: binding("one", "param:serial", "text"), value: "RB-4711" },
    { binding: binding("one", "param:/robots:armed", "boolean"), value: true },
  ];
  const second = [{ binding: binding("two", "telemetry#battery"), value: 55 as Value }];
  const dead = [binding("three", "telemetry#battery"), binding("three", "/devices/+/telemetry#altitude")];
  const writable = binding("one", "param:speed_limit", "number", true);
  const device = (id: string, options: object, bindings: readonly Binding[]) => ({ id, options, bindings });
  const fields: Readonly<Record<string, "battery" | "altitude">> = { "telemetry#battery": "battery", "telemetry#altitude": "altitude" };
  const config: AdapterConfig = {
    id: "robots",
    link: { domain, interfaces: ["127.0.0.1"], multicast: false, peers: ["127.0.0.1"], timeoutMs, transport },
    devices: [
      device("one", { node: "/robots" }, [...good.map((point) => point.binding), writable]),
      device("two", {}, [second[0]!.binding]),
      device("three", {}, dead),
    ],
  };
  return {
    config,
    good,
    unknown: binding("one", "telemetry#no_such_field"),
    second,
    dead,
    writable: {
      binding: writable,
      values: [2.5, 3.5],
      writes: () => peer.written.map(({ value }) => value),
      refused: { binding: writable, value: -1 },
    },
    peer: {
      behave: (how) => peer.behave(how),
      cut: () => undefined,
      leave: () => peer.leave(),
      comeBack: () => peer.comeBack(),
      set: (point, value) => void (peer.robots.get("/devices/one")![fields[point.address]!] = Number(value)),
    },
    patienceMs: timeoutMs + 200,
    close: () => peer.leave(),
  };
}

const badConfigs: AdapterContract["badConfigs"] = (good) => {
  const [one, ...others] = good.devices;
  const withAddress = (address: string, about: Partial<Binding> = {}): AdapterConfig => ({
    ...good,
    devices: [{ ...one!, bindings: [one!.bindings[0]!, { ...one!.bindings[0]!, address, ...about }] }, ...others],
  });
  const withOptions = (options: unknown): AdapterConfig => ({ ...good, devices: [{ ...one!, options }, ...others] });
  const withLink = (link: object): AdapterConfig => ({ ...good, link: { ...(good.link as object), ...link } });
  const address = ["devices", 0, "bindings", 1, "address"];
  const method = (name: string, type: string) =>
    withOptions({ node: "/robots", commands: ["hold"], methods: [{ name, via: "service", to: "/arm", type }] });
  return [
    { what: "a domain that does not exist", config: withLink({ domain: 300 }), path: ["link", "domain"] },
    { what: "a peer that is a name", config: withLink({ peers: ["robot.local"] }), path: ["link", "peers"] },
    { what: "a subnet without its bits", config: withLink({ allowedSubnets: ["10.0.0/8"] }), path: ["link", "allowedSubnets"] },
    { what: "a folder of types that is not there", config: withLink({ types: "/nowhere/at/all" }), path: ["link", "types"] },
    { what: "an option nobody has", config: withOptions({ colour: "red" }), path: ["devices", 0, "options"] },
    { what: "a service type nobody knows", config: method("arm", "rig_srvs/Arm"), path: ["devices", 0, "options", "methods", 0, "type"] },
    {
      what: "a method named like a command",
      config: method("hold", "std_srvs/Trigger"),
      path: ["devices", 0, "options", "methods", 0, "name"],
    },
    {
      what: "a parameter of no node",
      config: { ...withOptions({}), devices: [{ ...one!, options: {}, bindings: [binding("one", "param:x")] }, ...others] },
      path: ["devices", 0, "bindings", 0, "address"],
    },
    { what: "no field", config: withAddress("telemetry"), path: address },
    { what: "a topic with a hyphen", config: withAddress("/robot-1/telemetry#battery"), path: address },
    { what: "a path that ends in a dot", config: withAddress("telemetry#pose."), path: address },
    { what: "an option of an address nobody has", config: withAddress("telemetry#battery;colour=red"), path: address },
    { what: "a topic to be written without its type", config: withAddress("cmd_vel#linear.x", { writable: true }), path: address },
    { what: "a field its type does not have", config: withAddress("cmd_vel#speed;type=geometry_msgs/Twist"), path: address },
    {
      what: "a pattern to be written",
      config: withAddress("/devices/+/cmd_vel#linear.x;type=geometry_msgs/Twist", { writable: true }),
      path: address,
    },
  ];
};

/** Robots on a participant of our own, and the adapter beside them over one of its two transports: nothing else differs. */
export function ros2Contract(transport: "rtps" | "rcl"): AdapterContract {
  return {
    module: ros2Adapter,
    open: () => openRobots(transport),
    badConfigs,
    has: { values: "asked", subscribe: true, act: true, browse: true, refusal: false, noticesDeath: false, devices: true },
    besides: {
      "independent peers": { says: "Cyclone DDS, Fast DDS", file: "adapters/ros2/peers/interop.ts" },
      fuzz: { says: "200,000 packets", file: "adapters/ros2/rtps/fuzz.test.ts" },
    },
  };
}
