import { Malformed } from "./malformed.ts";

/** A station on a network behind a router. An empty MAC is a broadcast on that network. */
export interface RemoteStation {
  readonly network: number;
  readonly mac: Uint8Array;
}

/** 65535 as destination: every network. */
export const everyNetwork = 0xffff;

/** The network layer's envelope (clause 6). */
export interface Npdu {
  readonly destination?: RemoteStation;
  readonly source?: RemoteStation;
  readonly expectingReply: boolean;
  /** 0 normal, 1 urgent, 2 critical equipment, 3 life safety. */
  readonly priority: number;
  /** Present when this is a message of the network layer itself; otherwise the payload is an APDU. */
  readonly networkMessage?: number;
  readonly hops?: number;
  readonly payload: Buffer;
}

export const networkMessages = {
  whoIsRouter: 0x00,
  iAmRouter: 0x01,
  rejectMessage: 0x03,
  whatIsNetworkNumber: 0x12,
  networkNumberIs: 0x13,
} as const;

export function decodeNpdu(bytes: Buffer): Npdu {
  if (bytes.length < 2) throw new Malformed("a network message without its header");
  if (bytes[0] !== 1) throw new Malformed(`network protocol version ${bytes[0]}`);
  const control = bytes[1]!;
  let at = 2;
  const station = (what: string): RemoteStation => {
    if (at + 3 > bytes.length) throw new Malformed(`cut off in the ${what}`);
    const network = bytes.readUInt16BE(at);
    const length = bytes[at + 2]!;
    at += 3;
    if (at + length > bytes.length) throw new Malformed(`cut off in the ${what}`);
    const mac = Uint8Array.from(bytes.subarray(at, at + length));
    at += length;
    return { network, mac };
  };
  const destination = control & 0x20 ? station("destination") : undefined;
  const source = control & 0x08 ? station("source") : undefined;
  // Broadcasts are not sources: a source with an empty address or the network of all networks was forged or damaged.
  if (source && (source.mac.length === 0 || source.network === everyNetwork || source.network === 0)) throw new Malformed("no such source");
  let hops: number | undefined;
  if (destination) {
    if (at >= bytes.length) throw new Malformed("cut off before the hop count");
    hops = bytes[at++]!;
  }
  let networkMessage: number | undefined;
  if (control & 0x80) {
    if (at >= bytes.length) throw new Malformed("cut off before the message type");
    networkMessage = bytes[at++]!;
    if (networkMessage >= 0x80) at += 2;
    if (at > bytes.length) throw new Malformed("cut off in the vendor");
  }
  return {
    ...(destination && { destination }),
    ...(source && { source }),
    expectingReply: (control & 0x04) !== 0,
    priority: control & 0x03,
    ...(networkMessage !== undefined && { networkMessage }),
    ...(hops !== undefined && { hops }),
    payload: bytes.subarray(at),
  };
}

export function encodeNpdu(npdu: Npdu): Buffer {
  const { destination, source } = npdu;
  const header: number[] = [1, 0];
  let control = (npdu.priority & 0x03) | (npdu.expectingReply ? 0x04 : 0);
  if (destination) {
    control |= 0x20;
    header.push(destination.network >> 8, destination.network & 0xff, destination.mac.length, ...destination.mac);
  }
  if (source) {
    control |= 0x08;
    header.push(source.network >> 8, source.network & 0xff, source.mac.length, ...source.mac);
  }
  if (destination) header.push(npdu.hops ?? 255);
  if (npdu.networkMessage !== undefined) {
    control |= 0x80;
    header.push(npdu.networkMessage);
  }
  header[1] = control;
  return Buffer.concat([Buffer.from(header), npdu.payload]);
}
