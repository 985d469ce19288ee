import type { Mac } from "./transport.ts";
import type { RemoteStation } from "../wire/npdu.ts";

/** Where a device is: on our own network, or behind a router of it. */
export interface Station {
  /** The device itself, or the router it is behind. */
  readonly via: Mac;
  readonly remote?: RemoteStation;
  /** The same station has the same key. */
  readonly key: string;
}

export function stationOf(via: Mac, remote?: RemoteStation): Station {
  if (!remote) return { via, key: via };
  // The router is left out of the key: when a network is reached through another router its devices are still the same.
  return { via, remote, key: `${remote.network}:${Buffer.from(remote.mac).toString("hex")}` };
}

export function describeStation(station: Station): string {
  return station.remote
    ? `network ${station.remote.network} address ${Buffer.from(station.remote.mac).toString("hex")} via ${station.via}`
    : station.via;
}
