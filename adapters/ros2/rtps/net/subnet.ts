import { addressNumber } from "../wire/locator.ts";

/** A range of IPv4 addresses in CIDR notation. */
export interface Subnet {
  readonly base: number;
  readonly bits: number;
}

/** Reads `10.1.0.0/16`, or a bare address as a range of one. */
export function parseSubnet(text: string): Subnet {
  const [host = "", bitsText = "32"] = text.split("/");
  const address = addressNumber(host);
  const bits = Number(bitsText);
  if (address === undefined || bitsText === "" || !Number.isInteger(bits) || bits < 0 || bits > 32) {
    throw new RangeError(`subnet "${text}" is not of the form address/bits`);
  }
  return { base: mask(address, bits), bits };
}

/** The subnet of an interface address with a dotted mask. */
export function subnetOf(address: string, netmask: string): Subnet {
  const ones = [...(addressNumber(netmask) ?? 0xffffffff).toString(2)].filter((digit) => digit === "1").length;
  return { base: mask(addressNumber(address) ?? 0, ones), bits: ones };
}

export function subnetContains(subnet: Subnet, host: string): boolean {
  const address = addressNumber(host);
  return address !== undefined && mask(address, subnet.bits) === subnet.base;
}

export function isLoopback(host: string): boolean {
  return host.startsWith("127.");
}

function mask(address: number, bits: number): number {
  const size = 2 ** (32 - bits);
  return address - (address % size);
}
