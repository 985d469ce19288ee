import { createSocket, type Socket } from "node:dgram";
import type { AdapterEnv } from "#src/contract/adapter.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { decodeBvlc, encodeBvlc, registrationRefused, type Bvlc } from "../wire/bvlc.ts";
import { addressBytes, splitAddress, type UdpAddress } from "../wire/udp-address.ts";
import { Malformed } from "../wire/malformed.ts";
import { ForeignDevice } from "./foreign-device.ts";
import type { Transport } from "./transport.ts";
import { udpDrops } from "./udp-drops.ts";

export interface UdpOptions {
  /** Where to listen; port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Where a broadcast goes: the subnet's address, or single stations where a network carries no broadcasts (loopback). */
  readonly broadcast: readonly UdpAddress[];
  /** A BBMD that takes us as a foreign device; broadcasts then go through it. */
  readonly bbmd?: { readonly address: UdpAddress; readonly ttlSeconds: number };
}

const distributionRefused = 0x60;
const wantedBuffer = 4 << 20;

/** BACnet/IP on one UDP socket (Annex J). */
export async function openUdp(options: UdpOptions, env: AdapterEnv, signal: AbortSignal): Promise<UdpTransport> {
  // Addresses are always numbers here: without this the system's name service is asked for each datagram.
  const socket = createSocket({ type: "udp4", reuseAddr: false, lookup: (host, _options, done) => done(null, host, 4) });
  await bound(socket, options.listen, signal);
  socket.setBroadcast(true);
  // A burst of answers to one Who-Is, or of changes, must fit; most systems give less than is asked for, which is no error.
  try {
    socket.setRecvBufferSize(wantedBuffer);
  } catch (cause) {
    env.log.debug("the socket kept its receive buffer", { cause: messageOf(cause) });
  }
  const transport = new UdpTransport(socket, options, env);
  try {
    await transport.register(signal);
  } catch (error) {
    await transport.close();
    throw error;
  }
  return transport;
}

export class UdpTransport implements Transport {
  readonly maxNpdu = 1497;
  readonly lost: Promise<Error>;
  /** Where we really listen. */
  readonly address: UdpAddress;
  readonly #socket: Socket;
  readonly #options: UdpOptions;
  readonly #foreign: ForeignDevice | undefined;
  readonly #counters = { received: 0, sent: 0, malformed: 0, sendErrors: 0 };
  #see: (npdu: Buffer, from: string) => void = () => undefined;
  #closed = false;
  #settle!: (error: Error) => void;

  constructor(socket: Socket, options: UdpOptions, env: AdapterEnv) {
    this.#socket = socket;
    this.#options = options;
    this.lost = new Promise((resolve) => (this.#settle = resolve));
    const { address, port } = socket.address();
    this.address = `${address}:${port}`;
    socket.on("message", (bytes, from) => this.#receive(bytes, `${from.address}:${from.port}`));
    socket.on("error", (cause) => this.#fail(new GatewayError("link-lost", `the UDP socket failed: ${cause.message}`, { cause })));
    const { bbmd } = options;
    this.#foreign =
      bbmd &&
      new ForeignDevice({
        ttlSeconds: bbmd.ttlSeconds,
        timers: env.timers,
        register: () => this.#put({ function: "register", ttlSeconds: bbmd.ttlSeconds }, bbmd.address),
        lost: (cause) => this.#fail(new GatewayError("link-lost", `no longer registered with the BBMD: ${cause.message}`, { cause })),
      });
  }

  async register(signal: AbortSignal): Promise<void> {
    await this.#foreign?.start(signal);
  }

  send(npdu: Buffer, to: UdpAddress): void {
    this.#put({ function: "unicast", npdu }, to);
  }

  broadcast(npdu: Buffer): void {
    const { bbmd, broadcast } = this.#options;
    if (bbmd) this.#put({ function: "distribute", npdu }, bbmd.address);
    for (const address of broadcast) this.#put({ function: "broadcast", npdu }, address);
  }

  listen(see: (npdu: Buffer, from: string) => void): void {
    this.#see = see;
  }

  macOf(station: UdpAddress): Uint8Array {
    return addressBytes(station);
  }

  /** What was sent to us and never read, as far as the system tells: whoever relies on having heard everything asks anew. */
  get dropped(): number {
    return this.#closed ? 0 : udpDrops(this.address);
  }

  health(): Readonly<Record<string, unknown>> {
    return {
      address: this.address,
      ...this.#counters,
      dropped: this.dropped,
      receiveBuffer: this.#closed ? 0 : this.#socket.getRecvBufferSize(),
      ...(this.#foreign && { foreignDeviceOf: this.#options.bbmd?.address, registrations: this.#foreign.renewals }),
    };
  }

  async close(): Promise<void> {
    this.#fail(new GatewayError("closed", "the link was closed"));
    await Promise.resolve();
  }

  #receive(bytes: Buffer, from: UdpAddress): void {
    this.#counters.received++;
    let message: Bvlc;
    try {
      message = decodeBvlc(bytes);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#counters.malformed++;
      return;
    }
    switch (message.function) {
      case "unicast":
      case "broadcast":
        return this.#see(message.npdu, from);
      case "forwarded":
        return this.#see(message.npdu, message.from);
      case "result":
        if (from === this.#options.bbmd?.address) this.#foreign?.result(message.code);
        return;
      case "register":
        return this.#put({ function: "result", code: registrationRefused }, from);
      case "distribute":
        return this.#put({ function: "result", code: distributionRefused }, from);
      default:
        return;
    }
  }

  #put(message: Exclude<Bvlc, { function: "other" }>, to: UdpAddress): void {
    if (this.#closed) return;
    const { host, port } = splitAddress(to);
    this.#counters.sent++;
    // A datagram that cannot leave is one that was lost: the request's own timer deals with both alike.
    this.#socket.send(encodeBvlc(message), port, host, (error) => {
      if (error) this.#counters.sendErrors++;
    });
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#foreign?.stop();
    this.#socket.close();
    this.#settle(error);
  }
}

function bound(socket: Socket, where: { host: string; port: number }, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: GatewayError) => {
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      try {
        socket.close();
      } catch {
        // A socket that could not be bound may be closed already.
      }
      reject(error);
    };
    if (signal.aborted) return fail(new GatewayError("closed", "opening the UDP socket was given up"));
    socket.once("error", (cause: NodeJS.ErrnoException) => fail(bindError(cause, where)));
    socket.bind(where.port, where.host, () => {
      if (signal.aborted) return fail(new GatewayError("closed", "opening the UDP socket was given up"));
      socket.removeAllListeners("error");
      resolve();
    });
  });
}

function bindError(cause: NodeJS.ErrnoException, where: { host: string; port: number }): GatewayError {
  const place = `${where.host}:${where.port}`;
  if (cause.code === "EADDRINUSE") return new GatewayError("port-in-use", `another program listens on UDP ${place}`, { cause });
  if (cause.code === "EACCES") return new GatewayError("no-permission", `the system does not let us listen on UDP ${place}`, { cause });
  return new GatewayError("connect-refused", `cannot listen on UDP ${place}: ${cause.message}`, { cause });
}
