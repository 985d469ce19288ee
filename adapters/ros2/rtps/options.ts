import { networkInterfaces } from "node:os";
import { defaultLimits, type Limits } from "./limits.ts";
import { addressNumber, parsePeer } from "./wire/locator.ts";
import { highestDomain } from "./net/ports.ts";
import { parseSubnet } from "./net/subnet.ts";

/** How a participant joins a domain. Everything but the domain has a default. */
export interface ParticipantOptions {
  readonly domain: number;
  /** Our own IPv4 addresses to use, the first one being the way to everything that no subnet claims. Default: all of this machine but loopback, or loopback alone. */
  readonly interfaces?: readonly string[];
  /** Announce to and listen on the discovery group. Default true. */
  readonly multicast?: boolean;
  /** Participants to announce to directly: an address, tried on the first few well-known ports, or address:port. */
  readonly initialPeers?: readonly string[];
  /** How many well-known ports are tried for a peer without one. Default 10. */
  readonly peerParticipants?: number;
  /** The only subnets anything is ever sent to, as address/bits. Default: those of the interfaces, and the initial peers. */
  readonly allowedSubnets?: readonly string[];
  /** How long others wait in silence before they take us for gone. Default 10 s. */
  readonly leaseMs?: number;
  readonly name?: string;
  readonly userData?: string;
  readonly limits?: Partial<Limits>;
}

export interface ResolvedOptions {
  readonly domain: number;
  readonly interfaces: readonly string[];
  readonly multicast: boolean;
  readonly initialPeers: readonly string[];
  readonly peerParticipants: number;
  readonly allowedSubnets: readonly string[] | undefined;
  readonly leaseMs: number;
  readonly name: string | undefined;
  readonly limits: Limits;
}

/** Fills in the defaults and refuses, offline, what could not work. */
export function resolveOptions(options: ParticipantOptions): ResolvedOptions {
  const { domain, initialPeers = [], allowedSubnets, leaseMs = 10_000 } = options;
  if (!Number.isInteger(domain) || domain < 0 || domain > highestDomain) {
    throw new RangeError(`domain ${domain} is not a whole number from 0 to ${highestDomain}`);
  }
  const interfaces = options.interfaces ?? ownAddresses();
  if (interfaces.length === 0) throw new RangeError("no interface to use");
  for (const address of interfaces) {
    if (addressNumber(address) === undefined) throw new RangeError(`interface "${address}" is not an IPv4 address`);
  }
  if (!(leaseMs >= 100)) throw new RangeError(`a lease of ${leaseMs} ms is shorter than 100 ms`);
  initialPeers.forEach(parsePeer);
  allowedSubnets?.forEach(parseSubnet);
  return {
    domain,
    interfaces,
    multicast: options.multicast ?? true,
    initialPeers,
    peerParticipants: options.peerParticipants ?? 10,
    allowedSubnets,
    leaseMs,
    name: options.name,
    limits: { ...defaultLimits, ...options.limits },
  };
}

function ownAddresses(): string[] {
  const ipv4 = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).filter((entry) => entry.family === "IPv4"));
  const outside = ipv4.filter((entry) => !entry.internal);
  return (outside.length > 0 ? outside : ipv4).map((entry) => entry.address);
}
