/** One value in the JSON a device publishes or takes. */
export interface MqttField {
  /** The name of the point, and of the quantity of the plant behind it. */
  point: string;
  title: string;
  /** Where it lies in the payload: `temperature`, `air.co2`, `readings[0].value`. */
  path: string;
  /** UCUM. */
  unit?: string;
  range?: readonly [number, number];
  /** Digits after the point that the device sends. */
  digits?: number;
}

/** A value that can be told on the command topic; the device answers on its state topic under the same path. */
export interface MqttCommandField extends MqttField {
  /** The point that shows the effect, other than the reported state itself. */
  evidence?: string;
}

/** How a device writes its own time. */
export type TimeFormat = "unix-ms" | "unix-s" | "rfc3339";

export interface MqttDeviceMap {
  device: string;
  title: string;
  area: string;
  /** Everything the device says or hears is below this topic. */
  base: string;
  /** Wall time between two telemetry messages. */
  periodMs: number;
  qos: 0 | 1;
  time: { path: string; format: TimeFormat };
  /** The hand-over counter: one more with every message of the device. */
  sequence: { path: string; point: string };
  telemetry: readonly MqttField[];
  commands: readonly MqttCommandField[];
}

export const onlinePayload = "online";
export const offlinePayload = "offline";

export interface MqttTopics {
  telemetry: string;
  /** Retained; `online`, and `offline` by last will. */
  status: string;
  /** `{ "<path>": value }` tells the device something. */
  command: string;
  /** Retained; what the device holds. */
  state: string;
}

export function topicsOf(map: MqttDeviceMap): MqttTopics {
  const { base } = map;
  return { telemetry: `${base}/telemetry`, status: `${base}/status`, command: `${base}/command`, state: `${base}/state` };
}
