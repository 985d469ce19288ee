import type { AdapterConfig } from "#src/contract/adapter.ts";
import type { DeviceId } from "#msgs/point.ts";
import type { DevicePolling } from "./device-polling.ts";
import { quality } from "#msgs/quality.ts";

type Device = AdapterConfig["devices"][number];

export interface Reshaped {
  readonly devices: ReadonlyMap<DeviceId, DevicePolling>;
  /** Served until now, and no longer, or no longer like this. */
  readonly ending: readonly DevicePolling[];
  /** To be served from now on: what is new and what changed. */
  readonly beginning: readonly DevicePolling[];
  readonly gone: readonly DevicePolling[];
}

/** The devices of a link after its configuration changed. One that did not change stays what it is. */
export function reshaped(
  now: ReadonlyMap<DeviceId, DevicePolling>,
  before: AdapterConfig,
  after: AdapterConfig,
  made: (device: Device) => DevicePolling,
): Reshaped {
  const old = new Map(before.devices.map((device) => [device.id, device]));
  const devices = new Map<DeviceId, DevicePolling>();
  const changed: DevicePolling[] = [];
  const added: DevicePolling[] = [];
  for (const device of after.devices) {
    const was = old.get(device.id);
    const polling = now.get(device.id) ?? made(device);
    devices.set(device.id, polling);
    if (!was) {
      added.push(polling);
      polling.spoil(polling.bindings, quality.badNoValue);
    } else if (!isSame(was, device)) {
      changed.push(polling);
      polling.rebind(device.bindings, !isSame(was.options, device.options));
    }
  }
  const gone = [...now.values()].filter(({ device }) => !devices.has(device));
  return { devices, ending: [...changed, ...gone], beginning: [...changed, ...added], gone };
}

/** Of a site that is read again most parts are the very objects that run; only the others are looked at. */
export function isSame(before: unknown, after: unknown): boolean {
  return before === after || JSON.stringify(before) === JSON.stringify(after);
}
