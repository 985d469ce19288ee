import type { Connection } from "#src/contract/adapter.ts";
import type { DiallingParts } from "./dialling.ts";
import type { DevicePolling } from "./device-polling.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { hangUp } from "./dialling.ts";
import { within } from "./waiting.ts";

/** Longer than a device is given to take the end of a subscription (`listening.ts`): who is merely slow is not taken for deaf. */
const endWithinMs = 4_000;

interface Served {
  readonly ends: AbortController;
  readonly done: Promise<void>;
}

/** One open connection and the devices served over it; each can end by itself while the others go on. */
export class Session {
  readonly connection: Connection;
  /** The connection is gone, or was closed by us and does not say so; never rejects. */
  readonly lost: Promise<Error>;
  readonly #parts: DiallingParts;
  readonly #served = new Map<DevicePolling, Served>();
  #closing: Promise<void> | undefined;
  #giveUp: (why: Error) => void = () => {};

  constructor(connection: Connection, parts: DiallingParts) {
    this.connection = connection;
    this.#parts = parts;
    this.lost = Promise.race([connection.lost, new Promise<Error>((resolve) => (this.#giveUp = resolve))]);
  }

  serves(device: DevicePolling): boolean {
    return this.#served.has(device);
  }

  begin(device: DevicePolling): void {
    const ends = new AbortController();
    this.#served.set(device, { ends, done: device.serve(this.connection, ends.signal) });
  }

  /**
   * Calls off what is under way for these devices, at once, and waits until it has ended. False when something of it is deaf
   * and goes on: what that brings later is not heard, because its signal is aborted. May be called twice.
   */
  async end(devices: Iterable<DevicePolling>, why: Error): Promise<boolean> {
    const ending = new Set([...devices].flatMap((device) => this.#served.get(device) ?? []));
    for (const { ends } of ending) ends.abort(why);
    const all = Promise.all([...ending].map(({ done }) => done)).then(() => true);
    const haveEnded = (await within(this.#parts.timers, endWithinMs, all)) ?? false;
    if (!haveEnded) this.#parts.log.warn(`questions go on although they were called off ${endWithinMs / 1_000} s ago; going on without them`); // prettier-ignore
    // Who left would otherwise be held, with all its points, for as long as the connection stands.
    for (const [device, served] of this.#served) if (ending.has(served)) this.#served.delete(device);
    return haveEnded;
  }

  endAll(why: Error): Promise<boolean> {
    return this.end(this.#served.keys(), why);
  }

  /** Closes the connection; `lost` settles soon, whatever the adapter does. Never rejects; may be called twice. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await hangUp(this.connection, this.#parts);
    this.#giveUp(new GatewayError("closed", "the connection was closed by us"));
  }
}
