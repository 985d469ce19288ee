/** A UDPv4 address. Other kinds of locators (UDPv6, TCP, shared memory) are left out when read. */
export interface Locator {
  readonly host: string;
  readonly port: number;
}

export const locatorBytes = 24;
const kindUdpV4 = 1;

/** The locator, or `undefined` when it is of another kind or its port is none: both arrive from healthy peers. */
export function readLocator(bytes: Buffer, littleEndian: boolean): Locator | undefined {
  if (bytes.length < locatorBytes) return undefined;
  const kind = littleEndian ? bytes.readInt32LE(0) : bytes.readInt32BE(0);
  const port = littleEndian ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  if (kind !== kindUdpV4 || port < 1 || port > 65_535) return undefined;
  return { host: `${bytes[20]}.${bytes[21]}.${bytes[22]}.${bytes[23]}`, port };
}

export function writeLocator(locator: Locator): Buffer {
  const bytes = Buffer.alloc(locatorBytes);
  bytes.writeInt32LE(kindUdpV4, 0);
  bytes.writeUInt32LE(locator.port, 4);
  locator.host.split(".").forEach((part, i) => (bytes[20 + i] = Number(part)));
  return bytes;
}

/** Reads `host` or `host:port` as configured by a person. */
export function parsePeer(text: string): { readonly host: string; readonly port: number | undefined } {
  const match = /^(\d+\.\d+\.\d+\.\d+)(?::(\d+))?$/.exec(text);
  const port = match?.[2] === undefined ? undefined : Number(match[2]);
  if (match === null || addressNumber(match[1]!) === undefined || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new RangeError(`peer "${text}" is neither an IPv4 address nor address:port`);
  }
  return { host: match[1]!, port };
}

/** An IPv4 address as a number, or `undefined` when it is none. */
export function addressNumber(host: string): number | undefined {
  const parts = host.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
