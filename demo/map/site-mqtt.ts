import { mqttDevices } from "./mqtt-devices.ts";
import { offlinePayload, onlinePayload, type MqttCommandField, type MqttDeviceMap, type MqttField } from "./mqtt-map.ts";

/** The broker of the demo plant and everything behind it, as an adapter of the site file. */
export function mqttAdapter(): Record<string, unknown> {
  return {
    id: "radio",
    protocol: "mqtt",
    title: "Sensors and room units over MQTT",
    host: "127.0.0.1",
    port: "${DEMO_MQTT_PORT}",
    // What is said while the gateway is away waits for it in the broker.
    session: "kept",
    poll: "never",
    devices: mqttDevices.map(mqttDevice),
  };
}

function mqttDevice(map: MqttDeviceMap): Record<string, unknown> {
  const { device, title, area, base, qos, time, sequence, telemetry, commands, periodMs } = map;
  return {
    id: device,
    title,
    area,
    topic: base,
    qos,
    timePath: time.path,
    timeFormat: time.format,
    sequencePath: sequence.path,
    statusTopic: "status",
    online: onlinePayload,
    offline: offlinePayload,
    // A room unit refuses what it does not understand and says its state again: that is how it can be asked.
    ...(commands.length > 0 && { commandTopic: "command", askTopic: "command", askPayload: "{}", answerTopic: "state" }),
    points: [
      { id: sequence.point, title: "Messages handed over so far, this one included", address: `telemetry#${sequence.path}` },
      ...telemetry.map((field) => ({ ...pointOf(field, "telemetry"), staleAfter: `${(periodMs * 5) / 1000}s` })),
      ...commands.map(setPoint),
    ],
  };
}

function pointOf({ point, title, path, unit, range }: MqttField, topic: string): Record<string, unknown> {
  return {
    id: point,
    title,
    address: `${topic}#${path}`,
    // What has neither unit nor range is yes or no.
    ...(range === undefined && { kind: "boolean" }),
    ...(unit !== undefined && { unit }),
    ...(range && { range: { min: range[0], max: range[1] } }),
  };
}

/** Told on the command topic; the state the unit reports is what proves it. A room gets warm too late to be the proof. */
function setPoint(field: MqttCommandField): Record<string, unknown> {
  return { ...pointOf(field, "state"), control: { evidence: { within: "5s" } } };
}
