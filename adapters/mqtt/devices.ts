import type { AdapterConfig } from "#src/contract/adapter.ts";
import { deviceOf, type DeviceOptions, type Link } from "./config.ts";
import { Device, type DeviceParts } from "./device.ts";
import { planDevice, type DevicePlan } from "./plan.ts";

type Configured = AdapterConfig["devices"][number];

/** What the devices of a link would be after a change. */
export interface NextDevices {
  readonly configured: readonly Configured[];
  readonly made: ReadonlyMap<string, Device>;
  readonly plans: readonly DevicePlan[];
  /** Listened to for devices that stay what they are. */
  readonly keptFilters: readonly string[];
}

/** The devices behind one open link, by id. One that does not change stays the same object, with all it has heard. */
export class Devices {
  private readonly link: Link;
  private readonly parts: DeviceParts;
  private configured: readonly Configured[] = [];
  private made: ReadonlyMap<string, Device> = new Map();

  constructor(configured: readonly Configured[], link: Link, parts: DeviceParts) {
    this.link = link;
    this.parts = parts;
    this.take(this.after(configured));
  }

  get all(): readonly Device[] {
    return [...this.made.values()];
  }

  get plans(): readonly DevicePlan[] {
    return this.all.map(({ plan }) => plan);
  }

  get(id: string): Device | undefined {
    return this.made.get(id);
  }

  /** Undefined when the link would have to be another one: without devices it is a visitor and leaves nothing with the broker. */
  next({ devices }: Pick<AdapterConfig, "devices">): NextDevices | undefined {
    if ((devices.length === 0) !== (this.configured.length === 0)) return undefined;
    return this.after(devices);
  }

  take({ configured, made }: NextDevices): void {
    this.configured = configured;
    this.made = made;
  }

  private after(configured: readonly Configured[]): NextDevices {
    const before = new Map(this.configured.map((device) => [device.id, JSON.stringify(device)]));
    const kept: Device[] = [];
    const made = new Map<string, Device>();
    for (const device of configured) {
      const old = this.made.get(device.id);
      const isSame = old && before.get(device.id) === JSON.stringify(device);
      if (isSame) kept.push(old);
      made.set(device.id, isSame ? old : this.deviceFrom(device));
    }
    const plans = [...made.values()].map(({ plan }) => plan);
    return { configured, made, plans, keptFilters: kept.flatMap(({ plan }) => plan.topics.map(({ filter }) => filter)) };
  }

  private deviceFrom({ id, options, bindings }: Configured): Device {
    return new Device(planDevice(id, deviceOf(options as DeviceOptions), bindings, this.link), this.parts);
  }
}
