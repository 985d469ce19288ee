import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Log } from "../environment.ts";
import { discoveryGroup, discoveryPort, highestParticipantId, multicastPort, userPort } from "./ports.ts";
import type { LocalInterface, Route } from "./routes.ts";

export interface NetworkOptions {
  readonly domain: number;
  readonly interfaces: readonly LocalInterface[];
  readonly multicast: boolean;
}

/** Discovery traffic and user traffic have a port each, so that a flood of samples cannot hold up discovery in one queue. */
export type Channel = "discovery" | "user";

export interface NetworkCounters {
  packetsIn: number;
  bytesIn: number;
  packetsOut: number;
  bytesOut: number;
  sendFailures: number;
}

const receiveBufferBytes = 4 << 20;
const sendBufferBytes = 1 << 20;

interface Pair {
  readonly discovery: Socket;
  readonly user: Socket;
}

/** The sockets of one participant: the only place where the library touches the network. */
export class Network {
  readonly participantId: number;
  readonly counters: NetworkCounters;
  private readonly pairs: readonly Pair[];
  private readonly multicastSocket: Socket | undefined;
  private readonly options: NetworkOptions;
  private closed = false;

  private constructor(
    options: NetworkOptions,
    participantId: number,
    pairs: readonly Pair[],
    multicast: Socket | undefined,
    counters: NetworkCounters,
  ) {
    this.options = options;
    this.participantId = participantId;
    this.pairs = pairs;
    this.multicastSocket = multicast;
    this.counters = counters;
  }

  /** Binds the first free participant id, the same one on every interface. Rejects when none is free or an address is not ours. */
  static async open(options: NetworkOptions, receive: (packet: Buffer, from: RemoteInfo) => void, log: Log): Promise<Network> {
    const counters: NetworkCounters = { packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0, sendFailures: 0 };
    const binder = new Binder(log, (packet, from) => {
      counters.packetsIn++;
      counters.bytesIn += packet.length;
      receive(packet, from);
    });
    const { participantId, pairs } = await bindFirstFree(binder, options);
    let multicast: Socket | undefined;
    if (options.multicast) {
      multicast = await binder.bind(multicastPort(options.domain), undefined, true);
      options.interfaces.forEach(({ address }, i) => {
        multicast!.addMembership(discoveryGroup, address);
        pairs[i]!.discovery.setMulticastInterface(address);
        pairs[i]!.discovery.setMulticastTTL(1);
        pairs[i]!.discovery.setMulticastLoopback(true);
      });
    }
    return new Network(options, participantId, pairs, multicast, counters);
  }

  send(bytes: Buffer, route: Route, channel: Channel): void {
    this.transmit(this.pairs[route.via]![channel], bytes, route.port, route.host);
  }

  /** To the discovery group, once through each interface. Nothing where multicast is off. */
  sendMulticast(bytes: Buffer): void {
    if (this.multicastSocket === undefined) return;
    for (const { discovery } of this.pairs) this.transmit(discovery, bytes, multicastPort(this.options.domain), discoveryGroup);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.multicastSocket?.close();
    for (const { discovery, user } of this.pairs) {
      discovery.close();
      user.close();
    }
  }

  private transmit(socket: Socket, bytes: Buffer, port: number, host: string): void {
    if (this.closed) return;
    this.counters.packetsOut++;
    this.counters.bytesOut += bytes.length;
    socket.send(bytes, port, host, this.sent);
  }

  /** A failed send is a lost packet like any other: counted, and mended by the protocol. */
  private readonly sent = (error: Error | null) => {
    if (error !== null) this.counters.sendFailures++;
  };
}

class Binder {
  private readonly log: Log;
  private readonly receive: (packet: Buffer, from: RemoteInfo) => void;

  constructor(log: Log, receive: (packet: Buffer, from: RemoteInfo) => void) {
    this.log = log;
    this.receive = receive;
  }

  bind(port: number, address: string | undefined, reuseAddr: boolean): Promise<Socket> {
    const socket = createSocket({
      type: "udp4",
      reuseAddr,
      recvBufferSize: receiveBufferBytes,
      sendBufferSize: sendBufferBytes,
      // Hosts are always addresses here. Answering at once makes send() synchronous, which keeps latency and order.
      lookup: (host, _options, done) => done(null, host, 4),
    });
    return new Promise((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ port, ...(address === undefined ? {} : { address }), exclusive: !reuseAddr }, () => {
        socket.removeAllListeners("error");
        socket.on("error", (error) => this.log.warn("a socket of the participant reported an error", { error: error.message }));
        socket.on("message", this.receive);
        resolve(socket);
      });
    });
  }
}

async function bindFirstFree(binder: Binder, options: NetworkOptions): Promise<{ participantId: number; pairs: Pair[] }> {
  for (let participantId = 0; participantId <= highestParticipantId; participantId++) {
    const pairs = await bindPairs(binder, options, participantId);
    if (pairs !== undefined) return { participantId, pairs };
  }
  throw new Error(`all ${highestParticipantId + 1} participant ids of domain ${options.domain} are taken on this machine`);
}

/** Both sockets on every interface, or `undefined` when another participant holds one of the ports. */
async function bindPairs(binder: Binder, options: NetworkOptions, participantId: number): Promise<Pair[] | undefined> {
  const bound: Socket[] = [];
  try {
    const pairs: Pair[] = [];
    for (const { address } of options.interfaces) {
      const discovery = await binder.bind(discoveryPort(options.domain, participantId), address, false);
      bound.push(discovery);
      const user = await binder.bind(userPort(options.domain, participantId), address, false);
      bound.push(user);
      pairs.push({ discovery, user });
    }
    return pairs;
  } catch (error) {
    for (const socket of bound) socket.close();
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return undefined;
    throw error;
  }
}
