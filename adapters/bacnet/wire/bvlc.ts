import { Malformed } from "./malformed.ts";
import { addressAt, addressBytes, type UdpAddress } from "./udp-address.ts";

/** What the BACnet/IP layer wraps around a network message, or says by itself (Annex J). */
export type Bvlc =
  | { readonly function: "unicast"; readonly npdu: Buffer }
  | { readonly function: "broadcast"; readonly npdu: Buffer }
  | { readonly function: "forwarded"; readonly from: UdpAddress; readonly npdu: Buffer }
  | { readonly function: "distribute"; readonly npdu: Buffer }
  | { readonly function: "register"; readonly ttlSeconds: number }
  | { readonly function: "result"; readonly code: number }
  | { readonly function: "read-foreign-devices" }
  | { readonly function: "foreign-devices"; readonly devices: readonly ForeignDevice[] }
  | { readonly function: "read-distribution" }
  | { readonly function: "distribution"; readonly peers: readonly { readonly address: UdpAddress; readonly mask: number }[] }
  | { readonly function: "other"; readonly code: number };

export interface ForeignDevice {
  readonly address: UdpAddress;
  readonly ttlSeconds: number;
  readonly remainingSeconds: number;
}

const type = 0x81;
/** The result a BBMD gives when it will not take a registration. */
export const registrationRefused = 0x30;

export function decodeBvlc(bytes: Buffer): Bvlc {
  if (bytes.length < 4 || bytes[0] !== type) throw new Malformed("not a BACnet/IP message");
  // Some stacks pad their datagrams: what is beyond the stated length is not part of the message.
  const length = bytes.readUInt16BE(2);
  if (length < 4 || length > bytes.length) throw new Malformed(`a BACnet/IP message of ${bytes.length} octets that claims ${length}`);
  const body = bytes.subarray(4, length);
  switch (bytes[1]) {
    case 0x00:
      need(body, 2);
      return { function: "result", code: body.readUInt16BE(0) };
    case 0x02:
      return { function: "read-distribution" };
    case 0x03:
      return { function: "distribution", peers: entries(body, 10).map((e) => ({ address: addressAt(e), mask: e.readUInt32BE(6) })) };
    case 0x04:
      need(body, 6);
      return { function: "forwarded", from: addressAt(body), npdu: body.subarray(6) };
    case 0x05:
      need(body, 2);
      return { function: "register", ttlSeconds: body.readUInt16BE(0) };
    case 0x06:
      return { function: "read-foreign-devices" };
    case 0x07:
      return {
        function: "foreign-devices",
        devices: entries(body, 10).map((e) => ({
          address: addressAt(e),
          ttlSeconds: e.readUInt16BE(6),
          remainingSeconds: e.readUInt16BE(8),
        })),
      };
    case 0x09:
      return { function: "distribute", npdu: body };
    case 0x0a:
      return { function: "unicast", npdu: body };
    case 0x0b:
      return { function: "broadcast", npdu: body };
    default:
      return { function: "other", code: bytes[1]! };
  }
}

export function encodeBvlc(message: Exclude<Bvlc, { function: "other" }>): Buffer {
  switch (message.function) {
    case "unicast":
      return frame(0x0a, message.npdu);
    case "broadcast":
      return frame(0x0b, message.npdu);
    case "distribute":
      return frame(0x09, message.npdu);
    case "forwarded":
      return frame(0x04, addressBytes(message.from), message.npdu);
    case "register":
      return frame(0x05, u16(message.ttlSeconds));
    case "result":
      return frame(0x00, u16(message.code));
    case "read-distribution":
      return frame(0x02);
    case "distribution":
      return frame(0x03, ...message.peers.flatMap((peer) => [addressBytes(peer.address), u16(peer.mask >>> 16), u16(peer.mask & 0xffff)]));
    case "read-foreign-devices":
      return frame(0x06);
    case "foreign-devices":
      return frame(
        0x07,
        ...message.devices.flatMap((device) => [addressBytes(device.address), u16(device.ttlSeconds), u16(device.remainingSeconds)]),
      );
  }
}

function frame(code: number, ...parts: readonly Buffer[]): Buffer {
  const length = 4 + parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([type, code, length >> 8, length & 0xff]), ...parts], length);
}

function u16(value: number): Buffer {
  return Buffer.from([(value >> 8) & 0xff, value & 0xff]);
}

function need(body: Buffer, octets: number): void {
  if (body.length < octets) throw new Malformed("a BACnet/IP message cut off in its header");
}

function entries(body: Buffer, size: number): Buffer[] {
  if (body.length % size !== 0) throw new Malformed("a table whose last entry is cut off");
  return Array.from({ length: body.length / size }, (_, i) => body.subarray(i * size, (i + 1) * size));
}
