import type { AdapterConfig, Binding } from "#src/contract/adapter.ts";
import type { DeviceId } from "#msgs/point.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { parseAddress, type PointAddress } from "../address.ts";
import { deviceOf, type DeviceOptions, type DeviceSettings, type LinkOptions } from "../config.ts";
import type { AddressedBinding, Flagless } from "../points/read-points.ts";
import { normaliseAddress } from "../wire/bvlc.ts";
import type { DeviceZone } from "../wire/date-time.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";
import type { Conversation } from "./conversation.ts";
import type { Directory, Whereabouts } from "./directory.ts";
import type { Peer } from "./peer.ts";

/** A device of the configuration. */
export interface ConfiguredDevice {
  readonly id: DeviceId;
  readonly settings: DeviceSettings;
  readonly bindings: readonly Binding[];
  readonly flagless: Flagless;
}

/** The configured devices of one link, and how to get at them. */
export class Devices {
  readonly all: readonly ConfiguredDevice[];
  readonly #byId: ReadonlyMap<DeviceId, ConfiguredDevice>;
  readonly #byInstance: ReadonlyMap<number, ConfiguredDevice>;
  readonly #addresses = new Map<string, PointAddress>();

  constructor(config: AdapterConfig<LinkOptions, DeviceOptions>) {
    this.all = config.devices.map(({ id, options, bindings }) => ({
      id,
      settings: deviceOf(options),
      bindings,
      flagless: new Set<number>(),
    }));
    this.#byId = new Map(this.all.map((device) => [device.id, device]));
    this.#byInstance = new Map(this.all.map((device) => [device.settings.instance, device]));
    for (const { bindings } of this.all) for (const { address } of bindings) this.#remember(address);
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

  #remember(text: string): void {
    const found = parseAddress(text);
    if ("address" in found) this.#addresses.set(text, found.address);
  }
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
