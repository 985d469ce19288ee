/** An IPv4 address and UDP port, written "192.0.2.7:47808" everywhere in this adapter. */
export type UdpAddress = string;

const bacnetPort = 47808;

export function splitAddress(address: UdpAddress): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return colon < 0 ? { host: address, port: bacnetPort } : { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/** Adds the standard port where none is written; undefined when it is not an IPv4 address. */
export function normaliseAddress(address: string): UdpAddress | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?::(\d{1,5}))?$/.exec(address.trim());
  if (!match) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const port = match[5] === undefined ? bacnetPort : Number(match[5]);
  if (octets.some((octet) => octet > 255) || port < 1 || port > 0xffff) return undefined;
  return `${octets.join(".")}:${port}`;
}

/** The six octets a BACnet/IP station has as its MAC address. */
export function addressBytes(address: UdpAddress): Buffer {
  const { host, port } = splitAddress(address);
  return Buffer.from([...host.split(".").map(Number), port >> 8, port & 0xff]);
}

export function addressAt(bytes: Uint8Array): UdpAddress {
  return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}:${bytes[4]! * 256 + bytes[5]!}`;
}
