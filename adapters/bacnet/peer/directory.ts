import type { AdapterEnv } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { stationOf, type Station } from "../link/station.ts";
import type { Application } from "../transaction/application.ts";
import { unconfirmed } from "../wire/services/choices.ts";
import { decodeIAm, encodeWhoIs, type WhoIs } from "../wire/services/who-is.ts";
import type { UdpAddress } from "../wire/udp-address.ts";
import { everyNetwork } from "../wire/npdu.ts";
import { Peer } from "./peer.ts";

/** Where a configured device is, as far as the configuration says. */
export interface Whereabouts {
  readonly instance: number;
  readonly address?: UdpAddress;
  readonly network?: number;
  readonly mac?: Uint8Array;
  readonly maxApdu?: number;
}

/** Devices remembered that nobody configured, for discovery; beyond that an I-Am is counted and forgotten. */
const maxStrangers = 10_000;

/** Who is where: by configuration, by asking, and by listening to what devices say of themselves. */
export class Directory {
  readonly #application: Application;
  readonly #env: AdapterEnv;
  readonly #whoIsTargets: readonly UdpAddress[];
  readonly #peers = new Map<number, Peer>();
  readonly #configured = new Set<number>();
  readonly #asked = new Map<number, Promise<Peer>>();
  readonly #heard = new Set<(peer: Peer, unasked: boolean) => void>();
  readonly #closing: AbortSignal;
  readonly counters = { iAms: 0, forgotten: 0, impostors: 0 };

  constructor(application: Application, env: AdapterEnv, whoIsTargets: readonly UdpAddress[], closing: AbortSignal) {
    this.#application = application;
    this.#env = env;
    this.#closing = closing;
    this.#whoIsTargets = whoIsTargets;
  }

  /** Called for every I-Am of a device that is kept. `unasked`: it was known already, at the same place. */
  onHeard(see: (peer: Peer, unasked: boolean) => void): () => void {
    this.#heard.add(see);
    return () => void this.#heard.delete(see);
  }

  /** An I-Am came in. Throws Malformed when it is none. */
  hear(data: Buffer, from: Station): void {
    const iAm = decodeIAm(data);
    this.counters.iAms++;
    if (iAm.maxApdu < 50 || iAm.segmentation > 3) return;
    const known = this.#peers.get(iAm.instance);
    if (known) {
      // Where the configuration says where a device is, nobody else can say otherwise.
      if (known.fixed && known.station.key !== from.key) return void this.counters.impostors++;
      const same = known.heard && known.station.key === from.key;
      known.update(iAm, from);
      for (const see of this.#heard) see(known, same);
      return;
    }
    if (this.#peers.size - this.#configured.size >= maxStrangers) return void this.counters.forgotten++;
    const peer = new Peer(from, iAm, true);
    this.#peers.set(iAm.instance, peer);
    for (const see of this.#heard) see(peer, false);
  }

  /** Everybody heard of so far. */
  all(): readonly Peer[] {
    return [...this.#peers.values()];
  }

  /** It is not configured any more, or at another place: looked for anew when somebody wants it again. */
  forget(instance: number): void {
    this.#peers.delete(instance);
    this.#configured.delete(instance);
    this.#asked.delete(instance);
  }

  get(instance: number): Peer | undefined {
    return this.#peers.get(instance);
  }

  /** The device, found by its configured address or by asking for it; rejects when it does not answer. */
  async find(where: Whereabouts, waitMs: number, signal: AbortSignal): Promise<Peer> {
    this.#configured.add(where.instance);
    const known = this.#peers.get(where.instance);
    if (known) return known;
    const station = this.#stationOf(where);
    if (station) {
      // Small until it says more: what an MS/TP device takes, and every IP device does too.
      const peer = new Peer(station, { instance: where.instance, maxApdu: where.maxApdu ?? 480, segmentation: 3, vendor: 0 }, false, true);
      this.#peers.set(where.instance, peer);
      this.#application.tell(unconfirmed.whoIs, encodeWhoIs({ low: where.instance, high: where.instance }), station);
      return peer;
    }
    let asking = this.#asked.get(where.instance);
    if (!asking) {
      const asked = this.#ask(where, waitMs).finally(() => {
        if (this.#asked.get(where.instance) === asked) this.#asked.delete(where.instance);
      });
      asking = asked;
      // Whoever asked may have given up meanwhile; the others still wait for it.
      asking.catch(() => undefined);
      this.#asked.set(where.instance, asking);
    }
    return orAbort(asking, signal, `looking for device ${where.instance}`);
  }

  /** Asks everybody in the range to say who they are; the answers come in as I-Ams. */
  whoIs(range: WhoIs | undefined, network?: number): void {
    const data = encodeWhoIs(range);
    this.#application.tellAll(unconfirmed.whoIs, data, network);
    for (const target of this.#whoIsTargets) this.#application.tell(unconfirmed.whoIs, data, stationOf(target));
  }

  #stationOf(where: Whereabouts): Station | undefined {
    const { address, network, mac } = where;
    if (network === undefined || !mac) return address === undefined ? undefined : stationOf(address);
    const via = address ?? this.#application.network.routerTo(network);
    return via === undefined ? undefined : stationOf(via, { network, mac });
  }

  async #ask(where: Whereabouts, waitMs: number): Promise<Peer> {
    const { instance, network } = where;
    if (network !== undefined && this.#application.network.routerTo(network) === undefined)
      this.#application.network.askForRouters(network);
    const enough = new AbortController();
    const wait = AbortSignal.any([enough.signal, this.#closing]);
    let found: Peer | undefined;
    const stop = this.onHeard((peer) => {
      if (peer.instance !== instance) return;
      found = peer;
      enough.abort();
    });
    // Broadcasts get lost like everything else: the question is put three times within the wait.
    for (let round = 0; round < 3 && !found && !this.#closing.aborted; round++) {
      this.whoIs({ low: instance, high: instance }, network ?? everyNetwork);
      await this.#env.timers.sleep(waitMs / 3, wait).catch(() => undefined);
    }
    stop();
    if (found) return found;
    if (this.#closing.aborted) throw new GatewayError("closed", `looking for device ${instance}: the link was closed`);
    throw new GatewayError("timeout", `device ${instance} did not say where it is in ${waitMs} ms`, { sent: true });
  }
}

/** The promise, or a rejection as soon as the signal says that nobody wants it any more. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new GatewayError("closed", `${what} was given up`));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
