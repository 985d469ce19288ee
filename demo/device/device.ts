import type { DeviceLog } from "../log/device-log.ts";
import type { Quantities } from "../model/quantity.ts";

/** A thing of the plant with a name and a log. */
export interface Device {
  readonly id: string;
  readonly area: string;
  /** How it is reached today. */
  readonly protocol: "modbus" | "mqtt" | "bacnet" | "ros2";
  /** The points it shows. */
  readonly points: readonly string[];
  readonly log: DeviceLog;
  /** Paints its picture of the plant anew and does what is due. */
  step(now: number): void;
}

/**
 * A device whose network side is started beside the site, which does not know networks: its exposer takes the device by its
 * name, reads `quantities` by point name and writes what it hands over into `log`.
 */
export interface ExposedDevice extends Device {
  readonly protocol: "bacnet" | "ros2";
  readonly quantities: Quantities;
}
