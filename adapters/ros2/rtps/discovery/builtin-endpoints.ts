import { entityIds, toGuid, type Guid, type GuidPrefix } from "../wire/guid.ts";
import { builtinBits } from "../wire/participant-data.ts";
import type { EndpointData } from "../wire/endpoint-data.ts";
import { latchedQos } from "../qos.ts";
import type { LocalReader } from "../reading/reader.ts";
import type { RemoteParticipant } from "./remote-participant.ts";
import type { LocalWriter } from "../writing/writer.ts";

/** The bit by which a participant says that it has a builtin endpoint, and the endpoint. */
interface Builtin {
  readonly bit: number;
  readonly entityId: number;
}

/** One builtin topic: our writer and reader of it, and the endpoints a remote participant has for it. */
export interface BuiltinPair {
  readonly writer: LocalWriter;
  readonly reader: LocalReader;
  readonly remoteWriter: Builtin;
  readonly remoteReader: Builtin;
}

export const publicationsBuiltins = {
  remoteWriter: { bit: 0x04, entityId: entityIds.publicationsWriter },
  remoteReader: { bit: 0x08, entityId: entityIds.publicationsReader },
} as const;

export const subscriptionsBuiltins = {
  remoteWriter: { bit: 0x10, entityId: entityIds.subscriptionsWriter },
  remoteReader: { bit: 0x20, entityId: entityIds.subscriptionsReader },
} as const;

export const livelinessBuiltins = {
  remoteWriter: { bit: builtinBits.livelinessWriter, entityId: entityIds.livelinessWriter },
  remoteReader: { bit: builtinBits.livelinessReader, entityId: entityIds.livelinessReader },
} as const;

/** Joins our side of a builtin topic with that of a participant, as far as it has one. */
export function joinBuiltins(pair: BuiltinPair, remote: RemoteParticipant): void {
  const { writer, reader, remoteWriter, remoteReader } = pair;
  if (remote.data.builtinEndpoints & remoteWriter.bit) {
    const endpoint = describe("writer", remote.prefix, remoteWriter.entityId);
    if (reader.match(endpoint, remote.discovery)) {
      remote.hear(remoteWriter.entityId, { reader, matched: reader.writers.get(endpoint.guid)! });
    }
  }
  if (remote.data.builtinEndpoints & remoteReader.bit) {
    const guid = toGuid(remote.prefix, remoteReader.entityId);
    writer.match({ guid, readerId: remoteReader.entityId, link: remote.discovery, reliable: true, wantsHistory: true });
  }
}

export function partBuiltins(pair: BuiltinPair, remote: RemoteParticipant): void {
  pair.reader.unmatch(toGuid(remote.prefix, pair.remoteWriter.entityId));
  pair.writer.unmatch(toGuid(remote.prefix, pair.remoteReader.entityId));
}

/** Builtin endpoints are never announced: the specification fixes what they are. */
function describe(kind: EndpointData["kind"], prefix: GuidPrefix, entityId: number): EndpointData {
  const guid: Guid = toGuid(prefix, entityId);
  return { kind, guid, topic: "", type: "", qos: latchedQos, userData: undefined, locators: [] };
}
