import type { MqttDeviceMap } from "./mqtt-map.ts";

/** Everything the demo plant says over MQTT. */
export const mqttDevices: readonly MqttDeviceMap[] = [
  weatherStation("env-01", "north-field"),
  weatherStation("env-02", "south-field"),
  ear("ear-01", "north-field", "section 1"),
  ear("ear-02", "south-field", "section 2"),
  ...["zone-1", "zone-2", "zone-3", "zone-4"].map(zoneSensor),
];

/** Flat JSON, Unix milliseconds. */
function weatherStation(device: string, area: string): MqttDeviceMap {
  return {
    device,
    title: `Weather station in the ${area}`,
    area,
    base: `plant/${area}/${device}`,
    periodMs: 2000,
    qos: 1,
    time: { path: "ts", format: "unix-ms" },
    sequence: { path: "seq", point: `${device}/handed-over` },
    telemetry: [
      { point: `${device}/temperature`, title: "Air temperature", path: "temperature", unit: "Cel", range: [-40, 60], digits: 2 },
      { point: `${device}/humidity`, title: "Relative humidity", path: "humidity", unit: "%", range: [0, 100], digits: 1 },
      { point: `${device}/wind-speed`, title: "Wind speed", path: "wind_speed", unit: "m/s", range: [0, 60], digits: 1 },
    ],
    commands: [],
  };
}

/** An array of readings and RFC 3339 times. */
function ear(device: string, area: string, section: string): MqttDeviceMap {
  return {
    device,
    title: `Acoustic leak sensor on ${section}`,
    area,
    base: `plant/${area}/${device}`,
    periodMs: 1000,
    qos: 1,
    time: { path: "time", format: "rfc3339" },
    sequence: { path: "n", point: `${device}/handed-over` },
    telemetry: [
      { point: `${device}/noise`, title: "Noise level on the pipe", path: "readings[0].value", unit: "dB", range: [0, 140], digits: 1 },
    ],
    commands: [],
  };
}

/** Nested JSON, Unix seconds, and a set-point that can be told. */
function zoneSensor(device: string): MqttDeviceMap {
  return {
    device,
    title: `Room unit of ${device}`,
    area: "hall",
    base: `plant/hall/${device}`,
    periodMs: 5000,
    qos: 0,
    time: { path: "at", format: "unix-s" },
    sequence: { path: "seq", point: `${device}/handed-over` },
    telemetry: [
      { point: `${device}/temperature`, title: "Room temperature", path: "air.temperature", unit: "Cel", range: [-10, 60], digits: 2 },
      { point: `${device}/humidity`, title: "Relative humidity", path: "air.humidity", unit: "%", range: [0, 100], digits: 1 },
      { point: `${device}/co2`, title: "Carbon dioxide", path: "air.co2", unit: "[ppm]", range: [0, 5000], digits: 0 },
      { point: `${device}/occupied`, title: "Someone is there", path: "occupied" },
    ],
    commands: [
      {
        point: `${device}/setpoint`,
        title: "Room set-point",
        path: "setpoint",
        unit: "Cel",
        range: [15, 28],
        evidence: `${device}/temperature`,
      },
      { point: `${device}/auto`, title: "The VAV box follows its thermostat", path: "auto" },
    ],
  };
}
