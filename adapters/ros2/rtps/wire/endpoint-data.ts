import { entityIds, prefixOf, readGuid, toGuid, type Guid } from "./guid.ts";
import { payloadIsLittleEndian } from "./cdr.ts";
import { readLocator, type Locator } from "./locator.ts";
import { Malformed } from "./malformed.ts";
import { durationWords, ParameterList, pids, readParameters, type Parameter } from "./parameter-list.ts";
import { announcedDefaults, destinationOrders, durabilities, livelinesses, ownerships, type Qos } from "../qos.ts";
import { ownVendor, protocolVersion } from "./submessage.ts";

/** A writer or a reader as discovery (SEDP) describes it. */
export interface EndpointData {
  readonly kind: "writer" | "reader";
  readonly guid: Guid;
  readonly topic: string;
  readonly type: string;
  readonly qos: Qos;
  readonly userData: string | undefined;
  /** Its own locators; empty means those of its participant. */
  readonly locators: readonly Locator[];
}

/** How long a reliable write may block, of no use to us but part of the policy: 100 ms, the default of the specification. */
const maxBlocking = [0, 429_496_729];

export function writeEndpointData(data: EndpointData): Buffer {
  const { qos } = data;
  const list = new ParameterList()
    .guid(pids.endpointGuid, data.guid)
    .guid(pids.participantGuid, toGuid(prefixOf(data.guid), entityIds.participant))
    .guid(pids.keyHash, data.guid)
    .text(pids.topicName, data.topic)
    .text(pids.typeName, data.type)
    .octets(pids.protocolVersion, Buffer.from([...protocolVersion, 0, 0]))
    .octets(pids.vendorId, Buffer.from([ownVendor >> 8, ownVendor & 255, 0, 0]))
    .words(pids.durability, durabilities.indexOf(qos.durability))
    .words(pids.reliability, qos.reliability === "reliable" ? 2 : 1, ...maxBlocking)
    .words(pids.history, qos.keep === "all" ? 1 : 0, qos.depth);
  if (qos.deadlineMs !== Infinity) list.duration(pids.deadline, qos.deadlineMs);
  if (qos.lifespanMs !== Infinity && data.kind === "writer") list.duration(pids.lifespan, qos.lifespanMs);
  if (qos.livelinessLeaseMs !== Infinity || qos.liveliness !== "automatic") {
    list.words(pids.liveliness, livelinesses.indexOf(qos.liveliness), ...durationWords(qos.livelinessLeaseMs));
  }
  if (qos.ownership !== "shared") list.words(pids.ownership, ownerships.indexOf(qos.ownership));
  if (qos.destinationOrder !== "reception") list.words(pids.destinationOrder, destinationOrders.indexOf(qos.destinationOrder));
  if (qos.partitions.length > 0) list.texts(pids.partition, qos.partitions);
  if (data.userData !== undefined) list.octetSequence(pids.userData, Buffer.from(data.userData));
  return list.payload();
}

export function writeEndpointDisposal(guid: Guid): Buffer {
  return new ParameterList().guid(pids.endpointGuid, guid).payload();
}

/** The endpoint an announcement or disposal is about, from its payload. */
export function readEndpointGuid(payload: Buffer): Guid | undefined {
  let guid: Guid | undefined;
  readParameters(payload.subarray(4), payloadIsLittleEndian(payload), ({ pid, bytes }) => {
    if ((pid === pids.endpointGuid || pid === pids.keyHash) && bytes.length >= 16) guid ??= readGuid(bytes);
  });
  return guid;
}

const maxLocators = 16;
const longestName = 512;

/** Reads an announcement; `undefined` when it lacks what an endpoint must have. */
export function readEndpointData(kind: "writer" | "reader", payload: Buffer): EndpointData | undefined {
  const littleEndian = payloadIsLittleEndian(payload);
  let guid: Guid | undefined;
  let topic = "";
  let type = "";
  let userData: string | undefined;
  const locators: Locator[] = [];
  const qos: { -readonly [Key in keyof Qos]: Qos[Key] } = { ...announcedDefaults(kind) };
  readParameters(payload.subarray(4), littleEndian, (parameter) => {
    switch (parameter.pid) {
      case pids.endpointGuid:
        if (parameter.bytes.length >= 16) guid = readGuid(parameter.bytes);
        break;
      case pids.topicName:
        topic = parameter.text();
        break;
      case pids.typeName:
        type = parameter.text();
        break;
      case pids.userData:
        userData = parameter.octetSequence().toString("utf8");
        break;
      case pids.unicastLocator: {
        const locator = readLocator(parameter.bytes, littleEndian);
        if (locator !== undefined && locators.length < maxLocators) locators.push(locator);
        break;
      }
      default:
        readQos(parameter, qos);
    }
  });
  if (guid === undefined || topic === "" || topic.length > longestName || type.length > longestName) return undefined;
  return { kind, guid, topic, type, qos, userData, locators };
}

function readQos(parameter: Parameter, qos: { -readonly [Key in keyof Qos]: Qos[Key] }): void {
  switch (parameter.pid) {
    case pids.reliability:
      qos.reliability = parameter.word() >= 2 ? "reliable" : "best-effort";
      break;
    case pids.durability:
      qos.durability = member(durabilities, parameter.word());
      break;
    case pids.history:
      qos.keep = parameter.word() === 1 ? "all" : "last";
      qos.depth = Math.max(parameter.word(4) | 0, 0);
      break;
    case pids.deadline:
      qos.deadlineMs = parameter.durationMs();
      break;
    case pids.lifespan:
      qos.lifespanMs = parameter.durationMs();
      break;
    case pids.liveliness:
      qos.liveliness = member(livelinesses, parameter.word());
      qos.livelinessLeaseMs = parameter.durationMs(4);
      break;
    case pids.ownership:
      qos.ownership = member(ownerships, parameter.word());
      break;
    case pids.destinationOrder:
      qos.destinationOrder = member(destinationOrders, parameter.word());
      break;
    case pids.partition:
      qos.partitions = withoutDefaultPartition(parameter.texts());
      break;
  }
}

/** A list of nothing but empty names is what some peers send for "no partition". */
function withoutDefaultPartition(names: readonly string[]): readonly string[] {
  return names.every((name) => name === "") ? [] : names;
}

function member<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new Malformed(`policy value ${index}`);
  return value;
}
