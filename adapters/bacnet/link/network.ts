import { GatewayError } from "#src/kit/errors.ts";
import { Malformed } from "../wire/malformed.ts";
import { decodeNpdu, encodeNpdu, everyNetwork, networkMessages, type Npdu } from "../wire/npdu.ts";
import { stationOf, type Station } from "./station.ts";
import type { Mac, Transport } from "./transport.ts";

/** Networks learned at most; a building has tens, and an endless list of them is somebody's flood. */
const maxRoutes = 2_000;

/** The network layer of a station that is not a router: puts application messages into envelopes and takes them out. */
export class Network {
  readonly transport: Transport;
  readonly #routes = new Map<number, Mac>();
  readonly counters = { malformed: 0, notForUs: 0, rejectedByRouter: 0 };
  #see: (apdu: Buffer, from: Station) => void = () => undefined;
  #unreachable: (network: number) => void = () => undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    transport.listen((npdu, from) => this.#receive(npdu, from));
  }

  listen(see: (apdu: Buffer, from: Station) => void): void {
    this.#see = see;
  }

  /** A router said that it cannot reach a network: requests to it need not wait for their time-out. */
  onUnreachable(see: (network: number) => void): void {
    this.#unreachable = see;
  }

  send(apdu: Buffer, to: Station, expectingReply: boolean): void {
    const via = to.remote ? (this.#routes.get(to.remote.network) ?? to.via) : to.via;
    const npdu = encodeNpdu({ expectingReply, priority: 0, payload: apdu, ...(to.remote && { destination: to.remote }) });
    if (npdu.length > this.transport.maxNpdu) throw new GatewayError("not-supported", `${npdu.length} octets do not fit into one datagram`);
    this.transport.send(npdu, via);
  }

  /** On our own network, on one behind a router, or (65535) on all of them. */
  broadcast(apdu: Buffer, network?: number): void {
    const destination = network === undefined ? undefined : { network, mac: new Uint8Array(0) };
    const npdu = encodeNpdu({ expectingReply: false, priority: 0, payload: apdu, ...(destination && { destination }) });
    const router = network === undefined || network === everyNetwork ? undefined : this.#routes.get(network);
    if (router === undefined) this.transport.broadcast(npdu);
    else this.transport.send(npdu, router);
  }

  /** Routers answer with what they reach; the answers are kept. Without a network all are asked. */
  askForRouters(network?: number, ask?: Mac): void {
    const payload = network === undefined ? Buffer.alloc(0) : Buffer.from([network >> 8, network & 0xff]);
    const npdu = encodeNpdu({ expectingReply: false, priority: 0, networkMessage: networkMessages.whoIsRouter, payload });
    if (ask === undefined) this.transport.broadcast(npdu);
    else this.transport.send(npdu, ask);
  }

  routerTo(network: number): Mac | undefined {
    return this.#routes.get(network);
  }

  learnRoute(network: number, via: Mac): void {
    if (this.#routes.size >= maxRoutes && !this.#routes.has(network)) return;
    this.#routes.set(network, via);
  }

  get routes(): ReadonlyMap<number, Mac> {
    return this.#routes;
  }

  #receive(bytes: Buffer, from: Mac): void {
    let npdu: Npdu;
    try {
      npdu = decodeNpdu(bytes);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.counters.malformed++;
      return;
    }
    // We are no router: what is meant for one station elsewhere is not ours, even when it was sent to us.
    if (npdu.destination && npdu.destination.network !== everyNetwork) {
      this.counters.notForUs++;
      return;
    }
    if (npdu.networkMessage !== undefined) return this.#networkMessage(npdu, from);
    if (npdu.source) this.learnRoute(npdu.source.network, from);
    this.#see(npdu.payload, stationOf(from, npdu.source));
  }

  #networkMessage(npdu: Npdu, from: Mac): void {
    const { payload } = npdu;
    if (npdu.networkMessage === networkMessages.iAmRouter) {
      for (let at = 0; at + 2 <= payload.length; at += 2) this.learnRoute(payload.readUInt16BE(at), from);
    }
    if (npdu.networkMessage === networkMessages.rejectMessage && payload.length >= 3) {
      this.counters.rejectedByRouter++;
      const reason = payload[0]!;
      const network = payload.readUInt16BE(1);
      // 1: no route. Others (busy, too long) concern one message, not the network.
      if (reason === 1) {
        this.#routes.delete(network);
        this.#unreachable(network);
      }
    }
  }
}
