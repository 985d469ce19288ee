import type { Mac, Transport } from "#adapters/bacnet/link/transport.ts";
import { decodeNpdu, encodeNpdu, everyNetwork, networkMessages, type Npdu } from "#adapters/bacnet/wire/npdu.ts";

/**
 * A router between the IP network and a trunk whose stations live in this process. Where it stands the stations' messages get a
 * source and the messages to them lose their destination, as clause 6.5 has it.
 */
export class TrunkRouter {
  readonly network: number;
  readonly #ip: Transport;
  readonly #stations = new Map<string, TrunkStation>();
  forwarded = 0;

  constructor(ip: Transport, network: number) {
    this.#ip = ip;
    this.network = network;
    ip.listen((bytes, from) => this.#fromIp(bytes, from));
  }

  /** The transport of a station on the trunk. */
  station(number: number): Transport {
    const mac = Buffer.of(number).toString("hex");
    const station = new TrunkStation((npdu, to) => this.#fromTrunk(npdu, mac, to));
    this.#stations.set(mac, station);
    return station;
  }

  #fromIp(bytes: Buffer, from: Mac): void {
    let npdu: Npdu;
    try {
      npdu = decodeNpdu(bytes);
    } catch {
      return;
    }
    if (npdu.networkMessage === networkMessages.whoIsRouter) return this.#answerWhoIsRouter(npdu.payload);
    if (!npdu.destination || npdu.networkMessage !== undefined) return;
    const { network, mac } = npdu.destination;
    if (network !== this.network && network !== everyNetwork) return this.#reject(network, from);
    const { destination: _, hops: __, ...rest } = npdu;
    // On the trunk the sender is a station of the IP network, which has a number there: 1 will do, nobody else asks.
    const inside = encodeNpdu({ ...rest, source: npdu.source ?? { network: 1, mac: this.#ip.macOf(from) } });
    this.forwarded++;
    if (mac.length > 0) this.#stations.get(Buffer.from(mac).toString("hex"))?.receive(inside, from);
    else for (const station of this.#stations.values()) station.receive(inside, from);
  }

  #fromTrunk(bytes: Buffer, mac: string, to: Mac | undefined): void {
    const npdu = decodeNpdu(bytes);
    const { destination: _, hops: __, ...rest } = npdu;
    const outside = encodeNpdu({ ...rest, source: { network: this.network, mac: Uint8Array.from(Buffer.from(mac, "hex")) } });
    this.forwarded++;
    if (to === undefined) this.#ip.broadcast(outside);
    else this.#ip.send(outside, to);
  }

  #answerWhoIsRouter(payload: Buffer): void {
    if (payload.length >= 2 && payload.readUInt16BE(0) !== this.network) return;
    const networks = Buffer.from([this.network >> 8, this.network & 0xff]);
    this.#ip.broadcast(encodeNpdu({ expectingReply: false, priority: 0, networkMessage: networkMessages.iAmRouter, payload: networks }));
  }

  #reject(network: number, to: Mac): void {
    const payload = Buffer.from([1, network >> 8, network & 0xff]);
    this.#ip.send(encodeNpdu({ expectingReply: false, priority: 0, networkMessage: networkMessages.rejectMessage, payload }), to);
  }
}

/** One station of the trunk. It knows its peers by the IP station they come from, which is all it ever talks to. */
class TrunkStation implements Transport {
  readonly maxNpdu = 501;
  readonly lost = new Promise<Error>(() => undefined);
  readonly #out: (npdu: Buffer, to: Mac | undefined) => void;
  #see: (npdu: Buffer, from: Mac) => void = () => undefined;

  constructor(out: (npdu: Buffer, to: Mac | undefined) => void) {
    this.#out = out;
  }

  receive(npdu: Buffer, from: Mac): void {
    // The device sees the IP station as its peer; the envelope's source would make it a remote one it need not know about.
    const { source: _, ...inside } = decodeNpdu(npdu);
    this.#see(encodeNpdu(inside), from);
  }

  send(npdu: Buffer, to: Mac): void {
    this.#out(npdu, to);
  }

  broadcast(npdu: Buffer): void {
    this.#out(npdu, undefined);
  }

  listen(see: (npdu: Buffer, from: Mac) => void): void {
    this.#see = see;
  }

  macOf(): Uint8Array {
    return Uint8Array.of(0);
  }

  health(): Readonly<Record<string, unknown>> {
    return {};
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
