import type { Mac, Transport } from "#adapters/bacnet/link/transport.ts";
import type { Random } from "#src/kit/random.ts";
import type { Timers } from "#src/contract/clock.ts";

export interface LanOptions {
  readonly timers: Timers;
  readonly random: Random;
  /** Share of messages that are lost. */
  readonly loss?: number;
  /** Share of messages that arrive twice. */
  readonly twice?: number;
  readonly delayMs?: () => number;
}

/** A network in memory, on made-up time, that loses, doubles and delays by a seed. */
export class Lan {
  readonly #options: LanOptions;
  readonly #stations = new Map<Mac, (npdu: Buffer, from: Mac) => void>();
  sent = 0;

  constructor(options: LanOptions) {
    this.#options = options;
  }

  transport(address: Mac): Transport {
    return {
      maxNpdu: 1497,
      lost: new Promise<Error>(() => undefined),
      listen: (see) => void this.#stations.set(address, see),
      send: (npdu, to) => this.put(npdu, address, to),
      broadcast: (npdu) => [...this.#stations.keys()].filter((to) => to !== address).forEach((to) => this.put(npdu, address, to)),
      macOf: (station) => Uint8Array.from(Buffer.from(station)),
      health: () => ({}),
      close: async () => void this.#stations.delete(address),
    };
  }

  /** Anybody may put anything on a network, under any name. */
  put(npdu: Buffer, from: Mac, to: Mac): void {
    const { random, loss = 0, twice = 0, delayMs, timers } = this.#options;
    this.sent++;
    const copies = random() < loss ? 0 : random() < twice ? 2 : 1;
    // A copy, as on a wire: the sender may reuse its buffer.
    const bytes = Buffer.from(npdu);
    for (let i = 0; i < copies; i++) timers.after(delayMs?.() ?? 1, () => this.#stations.get(to)?.(bytes, from));
  }
}
