import type { DeviceLog } from "../log/device-log.ts";
import type { Quantities } from "../model/quantity.ts";

/** A thing of the plant with a name and a log. Those without a protocol yet are stepped and can be asked all the same. */
export interface Device {
  readonly id: string;
  readonly area: string;
  /** How it is reached today. */
  readonly protocol: "modbus" | "mqtt" | "ros2" | "none";
  /** The points it shows. */
  readonly points: readonly string[];
  readonly log: DeviceLog;
  /** Paints its picture of the plant anew and does what is due. */
  step(now: number): void;
}

/**
 * The seam for adapters that join later: a device object with points and a log, and no wire. An exposer for BACnet or
 * ROS 2 takes the device, reads `quantities` by point name and writes what it hands over into `log`.
 */
export interface UnwiredDevice extends Device {
  /** The robots' nodes are started beside the site and take the device by its name. */
  readonly protocol: "none" | "ros2";
  readonly quantities: Quantities;
}
