import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import { valueAt } from "./payload.ts";
import { type Demo, startDemo } from "../start.ts";

interface Heard {
  topic: string;
  text: string;
  retained: boolean;
}

let demo: Demo | null = null;
const clients: MqttClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.endAsync(true);
  await demo?.close();
  demo = null;
});

async function until(question: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!question()) {
    if (performance.now() > deadline) throw new Error(`waited ten seconds for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function start(): Promise<Demo> {
  const started = await startDemo({ portModbus: null });
  demo = started;
  await until(() => started.mqttConnected(), "all devices to be connected");
  return started;
}

async function listen(
  started: Demo,
  filter: string,
  options: { clientId?: string; clean?: boolean } = {},
): Promise<{ heard: Heard[]; client: MqttClient }> {
  const client = await connectAsync(`mqtt://127.0.0.1:${started.ports.mqtt ?? 0}`, { reconnectPeriod: 50, ...options });
  clients.push(client);
  const heard: Heard[] = [];
  client.on("message", (topic, payload, packet) => heard.push({ topic, text: payload.toString(), retained: packet.retain }));
  await client.subscribeAsync(filter, { qos: 1 });
  return { heard, client };
}

function body(heard: Heard | undefined): Record<string, unknown> {
  return JSON.parse(heard?.text ?? "null") as Record<string, unknown>;
}

function isUsable(text: string): boolean {
  try {
    return Number.isFinite(valueAt(JSON.parse(text), "readings[0].value"));
  } catch {
    return false;
  }
}

describe("the MQTT side of the plant", () => {
  it("publishes telemetry that is in the device's own log, message for message", async () => {
    const started = await start();
    const { heard } = await listen(started, "plant/+/ear-02/telemetry");
    await until(() => heard.length >= 2, "two messages");
    // A listener can have a message before its sender has the acknowledgement and writes it down.
    const logged = (message: Heard): boolean =>
      started
        .log("ear-02")
        ?.some((entry) => entry.kind === "publish" && entry.payload === message.text && entry.topic === message.topic) === true;
    await until(() => heard.slice(0, 2).every(logged), "both in the log");
    const [first, second] = heard.map(body);
    expect(second?.["n"]).toBe(Number(first?.["n"]) + 1);
    expect(Number(new Date(String(first?.["time"])))).toBeGreaterThan(1.6e12);
  });

  it("takes a command, answers with its reported state, and refuses nonsense", async () => {
    const started = await start();
    const { heard, client } = await listen(started, "plant/hall/zone-2/state");
    await until(() => heard.length === 1, "the retained state");
    expect(heard[0]?.retained).toBe(true);
    expect(body(heard[0])["setpoint"]).toBe(21.5);
    await client.publishAsync("plant/hall/zone-2/command", JSON.stringify({ setpoint: 23.5 }));
    await until(() => heard.length === 2, "the new state");
    expect(heard[1]).toMatchObject({ retained: false });
    expect(body(heard[1])["setpoint"]).toBe(23.5);
    expect(started.site.plant.shown("zone-2/setpoint")).toBe(23.5);
    for (const nonsense of ['{"setpoint":99}', '{"setpoint":"hot"}', "{}", "{", '{"auto":1}'])
      await client.publishAsync("plant/hall/zone-2/command", nonsense);
    await until(() => started.log("zone-2")?.filter((entry) => entry.kind === "told").length === 6, "six entries");
    const told = started.log("zone-2")?.filter((entry) => entry.kind === "told") ?? [];
    expect(told.map((entry) => entry.outcome)).toEqual(["applied", "refused", "refused", "refused", "refused", "refused"]);
    expect(started.site.plant.shown("zone-2/setpoint")).toBe(23.5);
  });

  it("says by last will that a device lost its power, and greets again", async () => {
    const started = await start();
    const { heard } = await listen(started, "plant/+/env-01/status");
    await until(() => heard.at(-1)?.text === "online", "online");
    await started.fault({ target: "env-01", kind: "device-off" });
    await until(() => heard.at(-1)?.text === "offline", "the last will");
    await started.fault({ target: "env-01", kind: "device-off", on: false });
    await until(() => heard.at(-1)?.text === "online", "online again");
  });

  it("can be silent, stormy, wrong about the time, and broken, as it is asked", async () => {
    const started = await start();
    const { heard } = await listen(started, "plant/+/ear-01/telemetry");
    await started.fault({ target: "ear-01", kind: "message-storm", perSecond: 400 });
    await until(() => heard.length > 200, "a storm");
    await started.fault({ target: "ear-01", kind: "clock-off", byMs: -86_400_000 });
    await until(() => Number(new Date(String(body(heard.at(-1))["time"]))) < Date.now() - 80_000_000, "a time of yesterday");
    await started.fault({ target: "ear-01", kind: "garbage", share: 1 });
    await until(() => !isUsable(heard.at(-1)?.text ?? ""), "a spoilt message");
    await started.fault({ target: "ear-01", kind: "silent" });
    const device = started.site.mqtt.find((candidate) => candidate.id === "ear-01");
    const said = device?.sequence;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(device?.sequence).toBe(said);
    expect(started.mqttConnected()).toBe(true);
  });

  it("keeps what a kept session has not heard through an outage of the broker, and knows what was delivered", async () => {
    const started = await start();
    const { heard } = await listen(started, "plant/+/ear-02/telemetry", { clientId: "gateway", clean: false });
    await until(() => heard.length >= 1, "a message");
    await started.fault({ target: "mqtt", kind: "device-off" });
    await until(() => !started.mqttConnected(), "the devices to notice");
    await started.fault({ target: "mqtt", kind: "device-off", on: false });
    const before = heard.length;
    await until(() => heard.length >= before + 2, "messages after the outage");
    await until(() => (started.log("broker") ?? []).length >= 2, "deliveries in the log");
    expect(started.log("broker")?.[0]).toMatchObject({ kind: "delivered", client: "gateway", topic: "plant/south-field/ear-02/telemetry" });
  });
});
