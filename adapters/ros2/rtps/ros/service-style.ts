import { payloadIsLittleEndian } from "../wire/cdr.ts";
import { guidBytes, type Guid } from "../wire/guid.ts";
import { require } from "../wire/malformed.ts";
import { ParameterList, pids } from "../wire/parameter-list.ts";
import { vendors } from "../wire/submessage.ts";

/**
 * How a request and its answer are told apart from others. `payload`: sixteen bytes in front of the value, client id and sequence
 * number, as rmw_cyclonedds does it. `inline`: the DDS sample identity, named in the inline QoS of the answer, as rmw_fastrtps does.
 */
export type ServiceStyle = "payload" | "inline";

export function styleOf(vendor: number | undefined): ServiceStyle {
  return vendor === vendors.cyclone ? "payload" : "inline";
}

/** Client id and sequence number in front of a value. */
export interface CallHeader {
  readonly client: bigint;
  readonly sequence: bigint;
}

const headerBytes = 16;

export function withHeader(payload: Uint8Array, header: CallHeader): Buffer {
  const bytes = Buffer.alloc(payload.length + headerBytes);
  bytes.set(payload.subarray(0, 4));
  bytes.writeBigUInt64LE(header.client, 4);
  bytes.writeBigInt64LE(header.sequence, 12);
  // The value is aligned to eight at most, so moving it by sixteen bytes leaves it valid.
  bytes.set(payload.subarray(4), 4 + headerBytes);
  return bytes;
}

export function splitHeader(payload: Buffer): { readonly header: CallHeader; readonly value: Buffer } {
  require(payload.length >= 4 + headerBytes, "service sample without its header");
  const little = payloadIsLittleEndian(payload);
  const client = little ? payload.readBigUInt64LE(4) : payload.readBigUInt64BE(4);
  const sequence = little ? payload.readBigInt64LE(12) : payload.readBigInt64BE(12);
  return { header: { client, sequence }, value: Buffer.concat([payload.subarray(0, 4), payload.subarray(4 + headerBytes)]) };
}

/** A request as an answer names it. */
export interface SampleIdentity {
  readonly guid: Guid;
  readonly sequence: number;
}

export function writeIdentity(identity: SampleIdentity): Buffer {
  const bytes = Buffer.alloc(24);
  guidBytes(identity.guid).copy(bytes);
  bytes.writeInt32LE(Math.floor(identity.sequence / 4294967296), 16);
  bytes.writeUInt32LE(identity.sequence >>> 0, 20);
  return bytes;
}

export function readIdentity(bytes: Buffer): SampleIdentity {
  return { guid: bytes.toString("hex", 0, 16), sequence: bytes.readInt32LE(16) * 4294967296 + bytes.readUInt32LE(20) };
}

/** Inline QoS of an answer. Both parameter ids are in use: the standard one and the one Fast DDS had before. */
export function answerInline(identity: SampleIdentity): Buffer {
  const bytes = writeIdentity(identity);
  return new ParameterList().octets(pids.relatedSample, bytes).octets(pids.relatedSampleLegacy, bytes).inline();
}

/** The id by which rmw_cyclonedds finds out which request reader and reply writer belong together. */
export function endpointUserData(role: "clientid" | "serviceid", id: Buffer, more: string | undefined): string {
  return `${role}= ${[...id].map((byte) => byte.toString(16)).join(".")};${more ?? ""}`;
}
