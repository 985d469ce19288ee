import { Malformed } from "./malformed.ts";

/** The header of an application message (clause 20.1); what a service adds stands in `data`. */
export type Apdu =
  | ConfirmedRequest
  | { readonly kind: "unconfirmed"; readonly service: number; readonly data: Buffer }
  | { readonly kind: "simple-ack"; readonly invokeId: number; readonly service: number }
  | ComplexAck
  | SegmentAck
  | { readonly kind: "error"; readonly invokeId: number; readonly service: number; readonly data: Buffer }
  | { readonly kind: "reject"; readonly invokeId: number; readonly reason: number }
  | { readonly kind: "abort"; readonly invokeId: number; readonly reason: number; readonly byServer: boolean };

export interface SegmentInfo {
  readonly sequence: number;
  readonly window: number;
  readonly more: boolean;
}

export interface ConfirmedRequest {
  readonly kind: "request";
  readonly invokeId: number;
  readonly service: number;
  readonly acceptsSegments: boolean;
  /** How many segments of a reply are taken; 65 stands for "more than 64", 0 for "unspecified". */
  readonly maxSegments: number;
  readonly maxApdu: number;
  readonly segment?: SegmentInfo;
  readonly data: Buffer;
}

export interface ComplexAck {
  readonly kind: "complex-ack";
  readonly invokeId: number;
  readonly service: number;
  readonly segment?: SegmentInfo;
  readonly data: Buffer;
}

export interface SegmentAck {
  readonly kind: "segment-ack";
  readonly invokeId: number;
  readonly sequence: number;
  readonly window: number;
  readonly negative: boolean;
  readonly byServer: boolean;
}

const apduSizes = [50, 128, 206, 480, 1024, 1476] as const;
const segmentCounts = [0, 2, 4, 8, 16, 32, 64, 65] as const;

/** The largest size the header can state that does not exceed this one. */
export function apduSizeCode(size: number): number {
  let code = 0;
  while (code + 1 < apduSizes.length && apduSizes[code + 1]! <= size) code++;
  return code;
}

export function decodeApdu(bytes: Buffer): Apdu {
  const first = at(bytes, 0);
  switch (first >> 4) {
    case 0:
      return decodeRequest(bytes, first);
    case 1:
      return { kind: "unconfirmed", service: at(bytes, 1), data: bytes.subarray(2) };
    case 2:
      return { kind: "simple-ack", invokeId: at(bytes, 1), service: at(bytes, 2) };
    case 3: {
      const segment = first & 0x08 ? { sequence: at(bytes, 2), window: at(bytes, 3), more: (first & 0x04) !== 0 } : undefined;
      const rest = segment ? 4 : 2;
      return {
        kind: "complex-ack",
        invokeId: at(bytes, 1),
        service: at(bytes, rest),
        ...(segment && { segment }),
        data: bytes.subarray(rest + 1),
      };
    }
    case 4:
      return {
        kind: "segment-ack",
        invokeId: at(bytes, 1),
        sequence: at(bytes, 2),
        window: at(bytes, 3),
        negative: (first & 0x02) !== 0,
        byServer: (first & 0x01) !== 0,
      };
    case 5:
      return { kind: "error", invokeId: at(bytes, 1), service: at(bytes, 2), data: bytes.subarray(3) };
    case 6:
      return { kind: "reject", invokeId: at(bytes, 1), reason: at(bytes, 2) };
    case 7:
      return { kind: "abort", invokeId: at(bytes, 1), reason: at(bytes, 2), byServer: (first & 0x01) !== 0 };
    default:
      throw new Malformed(`application message type ${first >> 4}`);
  }
}

export function encodeApdu(apdu: Apdu): Buffer {
  switch (apdu.kind) {
    case "request": {
      const { segment } = apdu;
      const first = (segment ? 0x08 : 0) | (segment?.more ? 0x04 : 0) | (apdu.acceptsSegments ? 0x02 : 0);
      const limits = (segmentCode(apdu.maxSegments) << 4) | apduSizeCode(apdu.maxApdu);
      return joined([first, limits, apdu.invokeId, ...segmentHeader(segment), apdu.service], apdu.data);
    }
    case "unconfirmed":
      return joined([0x10, apdu.service], apdu.data);
    case "simple-ack":
      return Buffer.from([0x20, apdu.invokeId, apdu.service]);
    case "complex-ack": {
      const { segment } = apdu;
      const first = 0x30 | (segment ? 0x08 : 0) | (segment?.more ? 0x04 : 0);
      return joined([first, apdu.invokeId, ...segmentHeader(segment), apdu.service], apdu.data);
    }
    case "segment-ack":
      return Buffer.from([0x40 | (apdu.negative ? 0x02 : 0) | (apdu.byServer ? 0x01 : 0), apdu.invokeId, apdu.sequence, apdu.window]);
    case "error":
      return joined([0x50, apdu.invokeId, apdu.service], apdu.data);
    case "reject":
      return Buffer.from([0x60, apdu.invokeId, apdu.reason]);
    case "abort":
      return Buffer.from([0x70 | (apdu.byServer ? 0x01 : 0), apdu.invokeId, apdu.reason]);
  }
}

function decodeRequest(bytes: Buffer, first: number): ConfirmedRequest {
  const limits = at(bytes, 1);
  const segment = first & 0x08 ? { sequence: at(bytes, 3), window: at(bytes, 4), more: (first & 0x04) !== 0 } : undefined;
  const rest = segment ? 5 : 3;
  return {
    kind: "request",
    invokeId: at(bytes, 2),
    service: at(bytes, rest),
    acceptsSegments: (first & 0x02) !== 0,
    maxSegments: segmentCounts[(limits >> 4) & 0x07]!,
    maxApdu: apduSizes[Math.min(limits & 0x0f, apduSizes.length - 1)]!,
    ...(segment && { segment }),
    data: bytes.subarray(rest + 1),
  };
}

function segmentCode(count: number): number {
  const code = segmentCounts.findIndex((most) => most >= count);
  return code < 0 ? 7 : code;
}

function segmentHeader(segment: SegmentInfo | undefined): number[] {
  return segment ? [segment.sequence, segment.window] : [];
}

function joined(header: readonly number[], data: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(header.length + data.length);
  for (let i = 0; i < header.length; i++) bytes[i] = header[i]!;
  bytes.set(data, header.length);
  return bytes;
}

function at(bytes: Buffer, index: number): number {
  const octet = bytes[index];
  if (octet === undefined) throw new Malformed("cut off in the header of an application message");
  return octet;
}
