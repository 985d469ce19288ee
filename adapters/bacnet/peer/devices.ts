import { isDeepStrictEqual } from "node:util";
import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import type { DeviceId } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { parseAddress, type PointAddress } from "../address.ts";
import { deviceOf, type DeviceOptions, type DeviceSettings, type LinkOptions } from "../config.ts";
import type { AddressedBinding, Flagless } from "../points/read-points.ts";
import { normaliseAddress } from "../wire/udp-address.ts";
import type { DeviceZone } from "../wire/date-time.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";
import type { Conversation } from "./conversation.ts";
import type { Directory, Whereabouts } from "./directory.ts";
import type { Peer } from "./peer.ts";

/** A device of the configuration. */
export interface ConfiguredDevice {
  readonly id: DeviceId;
  readonly settings: DeviceSettings;
  /** Points come and go while the device stays what it is. */
  bindings: readonly Binding[];
  readonly flagless: Flagless;
}

/** What another configuration means: a device whose options changed has gone and another one came in its place. */
export interface DeviceChanges {
  readonly gone: readonly ConfiguredDevice[];
  readonly come: readonly ConfiguredDevice[];
}

/** The configured devices of one link, and how to get at them. */
export class Devices {
  #all: readonly ConfiguredDevice[] = [];
  #byId: ReadonlyMap<DeviceId, ConfiguredDevice> = new Map();
  #byInstance: ReadonlyMap<number, ConfiguredDevice> = new Map();
  #addresses: ReadonlyMap<string, PointAddress> = new Map();

  constructor(config: AdapterConfig<LinkOptions, DeviceOptions>) {
    this.replace(config);
  }

  get all(): readonly ConfiguredDevice[] {
    return this.#all;
  }

  /** Takes another configuration; whoever is configured as before is the same object as before. */
  replace(config: AdapterConfig<LinkOptions, DeviceOptions>): DeviceChanges {
    const before = this.#byId;
    this.#all = config.devices.map(({ id, options, bindings }) => {
      const settings = deviceOf(options);
      const known = before.get(id);
      if (!known || !isDeepStrictEqual(known.settings, settings)) return { id, settings, bindings, flagless: new Set<number>() };
      known.bindings = bindings;
      return known;
    });
    this.#byId = new Map(this.#all.map((device) => [device.id, device]));
    this.#byInstance = new Map(this.#all.map((device) => [device.settings.instance, device]));
    const texts = this.#all.flatMap((device) => device.bindings.map(({ address }) => address));
    this.#addresses = new Map(texts.flatMap((text) => remembered(text)));
    const here = new Set(this.#all);
    return {
      gone: [...before.values()].filter((device) => !here.has(device)),
      come: this.#all.filter((device) => before.get(device.id) !== device),
    };
  }

  /** It is configured still, and as it was when whoever asks began. */
  holds(device: ConfiguredDevice): boolean {
    return this.#byId.get(device.id) === device;
  }

  get(id: DeviceId): ConfiguredDevice {
    const device = this.#byId.get(id);
    if (!device) throw new GatewayError("bad-address", `this link has no device "${id}"`);
    return device;
  }

  ofInstance(instance: number): ConfiguredDevice | undefined {
    return this.#byInstance.get(instance);
  }

  addressed(binding: Binding): AddressedBinding {
    const address = this.#addresses.get(binding.address) ?? parsed(binding.address);
    return { binding, address };
  }
}

function remembered(text: string): [string, PointAddress][] {
  const found = parseAddress(text);
  return "address" in found ? [[text, found.address]] : [];
}

export async function findPeer(device: ConfiguredDevice, directory: Directory, findMs: number, signal: AbortSignal): Promise<Peer> {
  const { instance, address, network, mac, maxApdu, readMultiple } = device.settings;
  const at = address === undefined ? undefined : normaliseAddress(address);
  const where: Whereabouts = {
    instance,
    ...(at !== undefined && { address: at }),
    ...(network !== undefined && { network }),
    ...(mac !== undefined && { mac: Uint8Array.from(Buffer.from(mac, "hex")) }),
    ...(maxApdu !== undefined && { maxApdu }),
  };
  const peer = await directory.find(where, findMs, signal);
  if (!readMultiple) peer.readsMultiple = false;
  if (maxApdu !== undefined && peer.maxApdu > maxApdu) peer.limitTo(maxApdu);
  return peer;
}

/** How the device's clock stands to UTC: by configuration, else by what it says, else UTC. Asked once. */
export async function zoneOf(device: ConfiguredDevice, peer: Peer, conversation: Conversation, signal: AbortSignal): Promise<DeviceZone> {
  if (peer.zone) return peer.zone;
  const { timeZone } = device.settings;
  if (timeZone !== undefined) return (peer.zone = { timeZone });
  const object = { type: 8, instance: peer.instance };
  const [offset, summer] = await conversation.readAll(
    peer,
    [
      { object, property: P.UTC_OFFSET },
      { object, property: P.DAYLIGHT_SAVINGS_STATUS },
    ],
    signal,
  );
  const minutes = offset && "values" in offset && offset.values[0]?.type === "signed" ? Number(offset.values[0].value) : 0;
  const saving = summer && "values" in summer && summer.values[0]?.type === "boolean" && summer.values[0].value;
  // BACnet counts minutes west of Greenwich; daylight saving comes on top and only this flag says so.
  return (peer.zone = { utcOffsetMinutes: -minutes + (saving === true ? 60 : 0) });
}

function parsed(text: string): PointAddress {
  const found = parseAddress(text);
  if ("problem" in found) throw new GatewayError("bad-address", found.problem);
  return found.address;
}
