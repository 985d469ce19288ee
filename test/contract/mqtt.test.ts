import { mqttAdapter } from "#adapters/mqtt/index.ts";
import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import type { PointKind, Value } from "#msgs/point.ts";
import { describeAdapterContract, type AdapterContract, type AdapterHarness } from "./adapter-contract.ts";
import { MqttPeer } from "./peers/mqtt-peer.ts";

const timeoutMs = 300;

function binding(device: string, address: string, kind: PointKind = "number", writable = false): Binding {
  return { point: `${device}/${address}`, device, address, kind, writable, pollMs: 0 };
}

/** A device behind the broker: what it holds, as one retained JSON payload for each topic. */
async function open(version: "3.1.1" | "5"): Promise<AdapterHarness> {
  const peer = await MqttPeer.start();
  const states: Record<string, Record<string, unknown>> = {
    "plant/one/telemetry": { temperature: 21.5, air: { co2: 612 }, readings: [{ value: 0.25 }], name: "room 4", occupied: true },
    "plant/two/telemetry": { level: 3 },
    "plant/one/state": { setpoint: 20 },
  };
  const say = (topic: string) => peer.publish(topic, JSON.stringify(states[topic]), { qos: 1, retain: true });
  for (const topic of Object.keys(states)) say(topic);
  peer.publish("plant/one/fan", "1450", { retain: true });
  const written: Value[] = [];
  peer.hear = (topic, payload) => {
    if (topic !== "plant/one/command") return;
    const body = JSON.parse(payload) as { setpoint: number };
    written.push(body.setpoint);
    states["plant/one/state"] = body;
    say("plant/one/state");
  };
  peer.publishReasons.set("plant/one/forbidden", 0x83);
  const good: { binding: Binding; value: Value }[] = [
    { binding: binding("one", "telemetry#temperature"), value: 21.5 },
    { binding: binding("one", "telemetry#air.co2"), value: 612 },
    { binding: binding("one", "telemetry#readings[0].value"), value: 0.25 },
    { binding: binding("one", "telemetry#name", "text"), value: "room 4" },
    { binding: binding("one", "telemetry#occupied", "boolean"), value: true },
    { binding: binding("one", "fan"), value: 1450 },
  ];
  const writable = binding("one", "state#setpoint", "number", true);
  const forbidden = binding("one", "state#setpoint > forbidden#x", "number", true);
  const config: AdapterConfig = {
    id: "radio",
    link: { host: "127.0.0.1", port: peer.port, version, topic: "plant/{device}", timeoutMs, connectTimeoutMs: 2000, browseMs: 200 },
    devices: [
      { id: "one", options: { commandTopic: "command" }, bindings: [...good.map((point) => point.binding), writable, forbidden] },
      { id: "two", options: {}, bindings: [binding("two", "telemetry#level")] },
    ],
  };
  return {
    config,
    good,
    writable: {
      binding: writable,
      values: [22.5, 23],
      writes: () => written,
      ...(version === "5" && { refused: { binding: forbidden, value: 1 } }),
    },
    peer: {
      behave: (how) => peer.behave(how),
      cut: () => peer.cut(),
      leave: () => peer.leave(),
      comeBack: () => peer.comeBack(),
      set(point, value) {
        if (point.address === "telemetry#temperature") states["plant/one/telemetry"]!["temperature"] = value;
        say("plant/one/telemetry");
      },
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
  const withLink = (link: Record<string, unknown>): AdapterConfig => ({ ...good, link: { ...(good.link as object), ...link } });
  const address = ["devices", 0, "bindings", 1, "address"];
  const option = (name: string) => ["devices", 0, "options", name];
  return [
    { what: "no host", config: { ...good, link: {} }, path: ["link"] },
    { what: "a version nobody has", config: withLink({ version: "4" }), path: ["link", "version"] },
    { what: "a password for nobody", config: withLink({ password: "secret" }), path: ["link", "username"] },
    { what: "a file name as a certificate", config: withLink({ tls: true, ca: "ca.pem" }), path: ["link", "ca"] },
    { what: "a wildcard in the middle of a level", config: withLink({ topic: "plant/a+" }), path: ["link", "topic"] },
    { what: "a path nobody can read", config: withOptions({ timePath: "a..b" }), path: option("timePath") },
    { what: "a command to everybody", config: withOptions({ topic: "plant/+", commandTopic: "c" }), path: option("commandTopic") },
    { what: "a question without an answer", config: withOptions({ askTopic: "get" }), path: option("askTopic") },
    { what: "every command the same", config: withOptions({ commandPayload: "on" }), path: option("commandPayload") },
    { what: "one word for two things", config: withOptions({ statusTopic: "s", online: "x", offline: "x" }), path: option("offline") },
    { what: "no place", config: withAddress(" "), path: address },
    { what: "half a path", config: withAddress("telemetry#air."), path: address },
    { what: "everything below", config: withAddress("telemetry/#"), path: address },
    { what: "two arrows", config: withAddress("a > b > c"), path: address },
    { what: "a wildcard to write to", config: withAddress("a > +/b", { writable: true }), path: address },
    { what: "to be asked, and nobody answers", config: withAddress("a", { pollMs: 1000 }), path: ["devices", 0, "bindings", 1, "pollMs"] },
    {
      what: "to be written, and nobody hears",
      config: { ...good, devices: [{ ...one!, options: {}, bindings: [{ ...one!.bindings[0]!, writable: true }] }] },
      path: ["devices", 0, "bindings", 0, "address"],
    },
  ];
};

const has: AdapterContract["has"] = {
  values: "pushed",
  subscribe: true,
  act: true,
  browse: true,
  refusal: true,
  noticesDeath: true,
  devices: true,
};

describeAdapterContract({
  module: mqttAdapter,
  open: () => open("3.1.1"),
  badConfigs,
  has,
  besides: {
    "independent peers": { says: "aedes, Mosquitto, demo plant", file: "adapters/mqtt/peers.test.ts" },
    fuzz: { says: "200,000 payloads and packets", file: "adapters/mqtt/fuzz.test.ts" },
  },
});
describeAdapterContract({
  module: { ...mqttAdapter, protocol: "mqtt-5" },
  open: () => open("5"),
  badConfigs,
  has,
  besides: { "independent peers": { says: "Mosquitto", file: "adapters/mqtt/peers.test.ts" } },
});
