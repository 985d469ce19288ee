import { BacnetDevice, type BacnetDeviceOptions } from "#adapters/bacnet/server/device.ts";
import { pointObject, type PointObjectSpec, type PointValue } from "#adapters/bacnet/server/point-object.ts";
import { openUdp, type UdpTransport } from "#adapters/bacnet/link/udp.ts";
import type { Mac, Transport } from "#adapters/bacnet/link/transport.ts";
import { splitAddress } from "#adapters/bacnet/wire/udp-address.ts";
import { parseObject } from "#adapters/bacnet/address.ts";
import { objectKey } from "#adapters/bacnet/wire/value.ts";
import { realEnv, type CountedEnv } from "#test/fakes/adapter-env.ts";

export type Behaviour = "well" | "frozen" | "garbage" | { readonly slowMs: number };

/** A device of ours on a UDP address of its own, that can be told to misbehave. */
export class BacnetPeer {
  readonly env: CountedEnv;
  readonly device: BacnetDevice;
  readonly values = new Map<string, PointValue>();
  /** Every write it was asked to do and did, oldest first. */
  readonly writes: { readonly object: number; readonly values: readonly unknown[]; readonly priority: number | undefined }[] = [];
  readonly #transport: UnrulyTransport;

  private constructor(transport: UnrulyTransport, options: BacnetDeviceOptions, env: CountedEnv) {
    this.env = env;
    this.#transport = transport;
    this.device = new BacnetDevice(
      {
        ...options,
        onWrite: (write) =>
          this.writes.push({
            object: objectKey(write.object),
            values: write.values.map((value) => ("value" in value ? value.value : null)),
            priority: write.priority,
          }),
      },
      transport,
      env,
    );
  }

  static async start(options: BacnetDeviceOptions, host = "127.0.0.2", broadcast: readonly string[] = []): Promise<BacnetPeer> {
    const env = realEnv();
    const transport = await UnrulyTransport.open(`${host}:0`, broadcast, env);
    return new BacnetPeer(transport, options, env);
  }

  get address(): string {
    return this.#transport.address;
  }

  /** Adds an object whose value is kept here, under its address: `analog-input:1`. */
  add(address: string, value: PointValue, about: Partial<PointObjectSpec> = {}): void {
    const id = parseObject(address);
    if (typeof id === "string") throw new Error(id);
    this.values.set(address, value);
    this.device.add(pointObject({ id, name: address.replace(":", "-"), read: () => this.values.get(address), ...about }));
  }

  /** Adds one with sixteen slots. */
  addCommandable(address: string, byDefault: PointValue, about: Partial<PointObjectSpec> = {}): void {
    this.add(address, byDefault, {
      ...about,
      commandable: { default: byDefault, apply: (value) => void this.values.set(address, value), ...about.commandable },
    });
  }

  set(address: string, value: PointValue): void {
    this.values.set(address, value);
    this.device.cov.look();
  }

  behave(how: Behaviour): void {
    this.#transport.behaviour = how;
  }

  leave(): Promise<void> {
    return this.#transport.leave();
  }

  comeBack(): Promise<void> {
    return this.#transport.comeBack();
  }

  async close(): Promise<void> {
    this.device.close();
    await this.#transport.close();
  }
}

/** UDP that can freeze, dawdle, babble, and go away and come back at the same address. */
class UnrulyTransport implements Transport {
  readonly maxNpdu = 1497;
  readonly lost = new Promise<Error>(() => undefined);
  behaviour: Behaviour = "well";
  readonly #env: CountedEnv;
  readonly #broadcast: readonly string[];
  #inner: UdpTransport;
  #see: (npdu: Buffer, from: Mac) => void = () => undefined;
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor(inner: UdpTransport, broadcast: readonly string[], env: CountedEnv) {
    this.#inner = inner;
    this.#broadcast = broadcast;
    this.#env = env;
  }

  static async open(listen: string, broadcast: readonly string[], env: CountedEnv): Promise<UnrulyTransport> {
    return new UnrulyTransport(await openUdp({ listen: splitAddress(listen), broadcast }, env, AbortSignal.timeout(5_000)), broadcast, env);
  }

  get address(): string {
    return this.#inner.address;
  }

  send(npdu: Buffer, to: Mac): void {
    if (typeof this.behaviour === "object") {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#inner.send(npdu, to);
      }, this.behaviour.slowMs);
      this.#timers.add(timer);
    } else this.#inner.send(npdu, to);
  }

  broadcast(npdu: Buffer): void {
    this.#inner.broadcast(npdu);
  }

  listen(see: (npdu: Buffer, from: Mac) => void): void {
    this.#see = see;
    this.#inner.listen((npdu, from) => {
      if (this.behaviour === "frozen") return;
      if (this.behaviour === "garbage")
        return this.#inner.send(Buffer.from(Array.from(npdu, (octet, i) => (octet * 31 + i * 7) & 0xff)), from);
      see(npdu, from);
    });
  }

  macOf(station: Mac): Uint8Array {
    return this.#inner.macOf(station);
  }

  health(): Readonly<Record<string, unknown>> {
    return this.#inner.health();
  }

  leave(): Promise<void> {
    return this.#inner.close();
  }

  async comeBack(): Promise<void> {
    const listen = splitAddress(this.#inner.address);
    this.#inner = await openUdp({ listen, broadcast: this.#broadcast }, this.#env, AbortSignal.timeout(5_000));
    this.listen(this.#see);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#inner.close();
  }
}
