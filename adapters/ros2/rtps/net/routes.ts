import { networkInterfaces } from "node:os";
import { parsePeer, type Locator } from "../wire/locator.ts";
import { isLoopback, parseSubnet, subnetContains, subnetOf, type Subnet } from "./subnet.ts";

/** One of our own addresses with the subnet it lives in. */
export interface LocalInterface {
  readonly address: string;
  readonly subnet: Subnet;
}

/** Where a packet goes and through which of our interfaces. */
export interface Route {
  readonly via: number;
  readonly host: string;
  readonly port: number;
  /** Equal for equal destinations, so that one packet serves all readers behind it. */
  readonly key: string;
}

/** Chooses destinations: never outside the allowed subnets, nearest interface first. */
export class Routes {
  readonly interfaces: readonly LocalInterface[];
  private readonly allowed: readonly Subnet[];
  /** Locators that were offered to us and lie outside the allowed subnets. */
  refusedLocators = 0;

  constructor(interfaces: readonly LocalInterface[], allowed: readonly Subnet[]) {
    this.interfaces = interfaces;
    this.allowed = allowed;
  }

  allows(host: string): boolean {
    return this.allowed.some((subnet) => subnetContains(subnet, host));
  }

  /**
   * The best of a peer's locators. A peer names all its addresses, its loopback among them, which means our own machine when
   * read here: loopback counts only when the announcement itself came from loopback.
   */
  choose(locators: readonly Locator[], fromLoopback: boolean): Route | undefined {
    let best: Route | undefined;
    let bestScore = -1;
    for (const locator of locators) {
      if (isLoopback(locator.host) && !fromLoopback) continue;
      if (!this.allows(locator.host)) {
        this.refusedLocators++;
        continue;
      }
      const via = this.interfaceFor(locator.host);
      const subnet = this.interfaces[via]!.subnet;
      const score = subnetContains(subnet, locator.host) ? 1 + subnet.bits : 0;
      if (score > bestScore) {
        bestScore = score;
        best = makeRoute(via, locator);
      }
    }
    return best;
  }

  /** A route to an address that a person configured, or `undefined` when the allow-list excludes it. */
  to(locator: Locator): Route | undefined {
    if (this.allows(locator.host)) return makeRoute(this.interfaceFor(locator.host), locator);
    this.refusedLocators++;
    return undefined;
  }

  /** The interface whose subnet holds the address, the narrowest first; the first interface, which has the default route, otherwise. */
  private interfaceFor(host: string): number {
    let best = 0;
    let bits = -1;
    this.interfaces.forEach(({ subnet }, i) => {
      if (subnetContains(subnet, host) && subnet.bits > bits) {
        best = i;
        bits = subnet.bits;
      }
    });
    return best;
  }
}

export function makeRoute(via: number, locator: Locator): Route {
  return { via, host: locator.host, port: locator.port, key: `${via}/${locator.host}:${locator.port}` };
}

/** Our interfaces with their masks as the system knows them. An address the system does not list stands for itself alone. */
export function describeInterfaces(addresses: readonly string[]): LocalInterface[] {
  const known = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).filter((entry) => entry.family === "IPv4"));
  return addresses.map((address) => {
    const near = known.find((entry) => subnetContains(subnetOf(entry.address, entry.netmask), address));
    return { address, subnet: near === undefined ? parseSubnet(address) : subnetOf(address, near.netmask) };
  });
}

/** The configured allow-list; without one, the subnets of our interfaces and the peers that were named one by one. */
export function allowedSubnets(
  configured: readonly string[] | undefined,
  interfaces: readonly LocalInterface[],
  peers: readonly string[],
): Subnet[] {
  if (configured !== undefined) return configured.map(parseSubnet);
  return [...interfaces.map(({ subnet }) => subnet), ...peers.map((peer) => parseSubnet(parsePeer(peer).host))];
}
