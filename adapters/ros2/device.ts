import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import { robotOf, type DeviceOptions, type Robot } from "./config.ts";

/** One device of a link, with its options filled in. */
export interface Device {
  readonly robot: Robot;
  readonly bindings: readonly Binding[];
}

/** The devices of a configuration that has passed the check. */
export function devicesOf(config: AdapterConfig): Device[] {
  return config.devices.map(({ id, options, bindings }) => ({ robot: robotOf(id, options as DeviceOptions), bindings }));
}

export function byId(devices: readonly Device[]): ReadonlyMap<string, Device> {
  return new Map(devices.map((device) => [device.robot.id, device]));
}

export function sameDevice(one: Device | undefined, other: Device): boolean {
  return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
