import type { GuidPrefix } from "./guid.ts";

/** Kinds of submessages (DDSI-RTPS 9.4.5). */
export const submessageIds = {
  pad: 0x01,
  ackNack: 0x06,
  heartbeat: 0x07,
  gap: 0x08,
  infoTimestamp: 0x09,
  infoSource: 0x0c,
  infoDestination: 0x0e,
  nackFragments: 0x12,
  heartbeatFragments: 0x13,
  data: 0x15,
  dataFragments: 0x16,
} as const;

export const protocolVersion = [2, 3] as const;
/** No vendor id has been assigned to this library, and the specification lets an unknown vendor say so. */
export const ownVendor = 0x0000;
export const vendors = { fastDds: 0x010f, cyclone: 0x0110 } as const;
export const headerBytes = 20;

/** Who sent a submessage, when, and between which endpoints. */
export interface Addressed {
  readonly prefix: GuidPrefix;
  readonly readerId: number;
  readonly writerId: number;
}

/** What inline QoS told about a sample. */
export interface InlineQos {
  readonly disposed: boolean;
  readonly key: string | undefined;
  /** The 24 bytes of a DDS-RPC sample identity: guid and sequence number of the request an answer belongs to. */
  readonly relatedSample: Buffer | undefined;
}

export interface Data extends Addressed {
  readonly kind: "data";
  readonly sequence: number;
  readonly sourceTimeUs: number | undefined;
  readonly inline: InlineQos | undefined;
  readonly payload: Buffer;
}

export interface DataFragments extends Addressed {
  readonly kind: "fragments";
  readonly sequence: number;
  readonly sourceTimeUs: number | undefined;
  readonly inline: InlineQos | undefined;
  /** Counted from 1. */
  readonly first: number;
  readonly count: number;
  readonly fragmentBytes: number;
  readonly sampleBytes: number;
  readonly payload: Buffer;
}

export interface Heartbeat extends Addressed {
  readonly kind: "heartbeat";
  readonly first: number;
  readonly last: number;
  readonly final: boolean;
  readonly liveliness: boolean;
}

export interface Gap extends Addressed {
  readonly kind: "gap";
  readonly start: number;
  /** Everything in `start … before-1` and in `further` is irrelevant. */
  readonly before: number;
  readonly further: readonly number[];
}

export interface AckNack extends Addressed {
  readonly kind: "ack";
  /** Everything below is acknowledged. */
  readonly base: number;
  readonly missing: readonly number[];
  readonly final: boolean;
}

export interface NackFragments extends Addressed {
  readonly kind: "nack-fragments";
  readonly sequence: number;
  readonly missing: readonly number[];
}

export interface HeartbeatFragments extends Addressed {
  readonly kind: "heartbeat-fragments";
  readonly sequence: number;
}

export type Submessage = Data | DataFragments | Heartbeat | Gap | AckNack | NackFragments | HeartbeatFragments;
