import { entityIds, readGuid, toGuid, type GuidPrefix } from "./guid.ts";
import { readLocator, type Locator } from "./locator.ts";
import { payloadIsLittleEndian } from "./cdr.ts";
import { ParameterList, pids, readParameters, type Parameter } from "./parameter-list.ts";
import { ownVendor, protocolVersion } from "./submessage.ts";

/** What a participant tells about itself in discovery (SPDP). */
export interface ParticipantData {
  readonly prefix: GuidPrefix;
  readonly domain: number | undefined;
  readonly vendor: number;
  readonly name: string | undefined;
  readonly userData: string | undefined;
  readonly leaseMs: number;
  readonly builtinEndpoints: number;
  readonly discoveryLocators: readonly Locator[];
  readonly userLocators: readonly Locator[];
}

/** Bits of the builtin endpoint set: participant, publications and subscriptions, writer and reader of each; liveliness, both. */
export const builtinBits = { discovery: 0x3f, livelinessWriter: 0x400, livelinessReader: 0x800 } as const;
export const ownBuiltinEndpoints = builtinBits.discovery | builtinBits.livelinessWriter | builtinBits.livelinessReader;

export function writeParticipantData(data: ParticipantData): Buffer {
  const list = new ParameterList()
    .octets(pids.protocolVersion, Buffer.from([...protocolVersion, 0, 0]))
    .octets(pids.vendorId, Buffer.from([ownVendor >> 8, ownVendor & 255, 0, 0]))
    .guid(pids.participantGuid, toGuid(data.prefix, entityIds.participant));
  if (data.domain !== undefined) list.words(pids.domainId, data.domain);
  list.words(pids.builtinEndpoints, data.builtinEndpoints).duration(pids.participantLease, data.leaseMs);
  for (const locator of data.discoveryLocators) list.locator(pids.metatrafficUnicastLocator, locator);
  for (const locator of data.userLocators) list.locator(pids.defaultUnicastLocator, locator);
  if (data.userData !== undefined) list.octetSequence(pids.userData, Buffer.from(data.userData));
  if (data.name !== undefined) list.text(pids.entityName, data.name);
  return list.payload();
}

/** The payload and inline QoS that say a participant leaves. */
export function writeParticipantDisposal(prefix: GuidPrefix): { payload: Buffer; inline: Buffer } {
  const guid = toGuid(prefix, entityIds.participant);
  return {
    payload: new ParameterList().guid(pids.participantGuid, guid).payload(),
    inline: disposalInline(guid),
  };
}

/** Inline QoS "disposed and unregistered" for the instance with this key. */
export function disposalInline(guid: string): Buffer {
  return new ParameterList()
    .octets(pids.statusInfo, Buffer.from([0, 0, 0, 3]))
    .guid(pids.keyHash, guid)
    .inline();
}

/** Locators of one kind we are willing to look at; more than this in one announcement is noise. */
const maxLocators = 32;
/** The lease the specification assumes where none is announced. */
const defaultLeaseMs = 100_000;

/** Reads an announcement; `undefined` when it names no participant. */
export function readParticipantData(payload: Buffer): ParticipantData | undefined {
  const littleEndian = payloadIsLittleEndian(payload);
  let prefix: GuidPrefix | undefined;
  let domain: number | undefined;
  let vendor = 0;
  let name: string | undefined;
  let userData: string | undefined;
  let leaseMs = defaultLeaseMs;
  let builtinEndpoints: number = builtinBits.discovery;
  const discoveryLocators: Locator[] = [];
  const userLocators: Locator[] = [];
  const add = (list: Locator[], { bytes }: Parameter) => {
    const locator = readLocator(bytes, littleEndian);
    if (locator !== undefined && list.length < maxLocators) list.push(locator);
  };
  readParameters(payload.subarray(4), littleEndian, (parameter) => {
    switch (parameter.pid) {
      case pids.participantGuid:
        prefix = parameter.bytes.length >= 16 ? readGuid(parameter.bytes).slice(0, 24) : undefined;
        break;
      case pids.domainId:
        domain = parameter.word();
        break;
      case pids.vendorId:
        vendor = parameter.bytes.length >= 2 ? parameter.bytes.readUInt16BE(0) : 0;
        break;
      case pids.participantLease:
        leaseMs = parameter.durationMs();
        break;
      case pids.builtinEndpoints:
        builtinEndpoints = parameter.word();
        break;
      case pids.metatrafficUnicastLocator:
        add(discoveryLocators, parameter);
        break;
      case pids.defaultUnicastLocator:
        add(userLocators, parameter);
        break;
      case pids.userData:
        userData = parameter.octetSequence().toString("utf8");
        break;
      case pids.entityName:
        name = parameter.text();
        break;
    }
  });
  if (prefix === undefined) return undefined;
  return { prefix, domain, vendor, name, userData, leaseMs, builtinEndpoints, discoveryLocators, userLocators };
}
