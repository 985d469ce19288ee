import { createSocket, type Socket } from "node:dgram";
import { decodeBvlc, encodeBvlc, type Bvlc, type ForeignDevice } from "#adapters/bacnet/wire/bvlc.ts";
import { splitAddress } from "#adapters/bacnet/wire/udp-address.ts";

export interface BbmdOptions {
  host: string;
  port: number;
  /** Stations of the network it serves: on loopback there is no broadcast, so each gets its own copy. */
  stations: () => readonly string[];
  /** Refuses registrations, for tests of what then happens. */
  refuse?: () => boolean;
}

/** Most foreign devices; as many as a small BBMD really has. */
const most = 64;

/** A BBMD: takes foreign devices in, hands broadcasts round, forgets who does not renew. */
export class Bbmd {
  readonly #socket: Socket;
  readonly #options: BbmdOptions;
  readonly #foreign = new Map<string, { ttlSeconds: number; until: number }>();
  registrations = 0;

  private constructor(socket: Socket, options: BbmdOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("message", (bytes, from) => this.#receive(bytes, `${from.address}:${from.port}`));
    socket.on("error", () => undefined);
  }

  static async start(options: BbmdOptions): Promise<Bbmd> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(options.port, options.host, resolve);
    });
    return new Bbmd(socket, options);
  }

  get address(): string {
    const { address, port } = this.#socket.address();
    return `${address}:${port}`;
  }

  /** Everybody who is registered now. */
  foreignDevices(): ForeignDevice[] {
    const now = Date.now();
    for (const [address, { until }] of this.#foreign) if (until < now) this.#foreign.delete(address);
    return [...this.#foreign].map(([address, { ttlSeconds, until }]) => ({
      address,
      ttlSeconds,
      remainingSeconds: Math.round((until - now) / 1000),
    }));
  }

  forgetAll(): void {
    this.#foreign.clear();
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #receive(bytes: Buffer, from: string): void {
    let message: Bvlc;
    try {
      message = decodeBvlc(bytes);
    } catch {
      return;
    }
    switch (message.function) {
      case "register": {
        const taken = !this.#options.refuse?.() && (this.#foreign.size < most || this.#foreign.has(from));
        if (taken) {
          this.registrations++;
          // The standard gives half a minute on top, so that a renewal may be late.
          this.#foreign.set(from, { ttlSeconds: message.ttlSeconds, until: Date.now() + (message.ttlSeconds + 30) * 1000 });
        }
        return this.#send(encodeBvlc({ function: "result", code: taken ? 0 : 0x30 }), from);
      }
      case "distribute":
        if (!this.foreignDevices().some(({ address }) => address === from))
          return this.#send(encodeBvlc({ function: "result", code: 0x60 }), from);
        return this.#distribute(message.npdu, from);
      case "broadcast":
        return this.#distribute(message.npdu, from);
      case "read-foreign-devices":
        return this.#send(encodeBvlc({ function: "foreign-devices", devices: this.foreignDevices() }), from);
      case "read-distribution":
        return this.#send(encodeBvlc({ function: "distribution", peers: [{ address: this.address, mask: 0xffff_ffff }] }), from);
      default:
        return;
    }
  }

  #distribute(npdu: Buffer, from: string): void {
    const bytes = encodeBvlc({ function: "forwarded", from, npdu });
    const everybody = new Set([...this.#options.stations(), ...this.foreignDevices().map(({ address }) => address)]);
    everybody.delete(from);
    for (const station of everybody) this.#send(bytes, station);
  }

  #send(bytes: Buffer, to: string): void {
    const { host, port } = splitAddress(to);
    this.#socket.send(bytes, port, host, () => undefined);
  }
}
