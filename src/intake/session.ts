import type { Connection } from "#src/contract/adapter.ts";
import type { DevicePolling } from "./device-polling.ts";

interface Served {
  readonly ends: AbortController;
  readonly done: Promise<void>;
}

/** One open connection and the devices served over it; each can end by itself while the others go on. */
export class Session {
  readonly connection: Connection;
  readonly #served = new Map<DevicePolling, Served>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  begin(device: DevicePolling): void {
    const ends = new AbortController();
    this.#served.set(device, { ends, done: device.serve(this.connection, ends.signal) });
  }

  /** Resolves when nothing of these devices is under way any more; may be called twice. */
  async end(devices: Iterable<DevicePolling>, why: Error): Promise<void> {
    const ending = [...devices].flatMap((device) => this.#served.get(device) ?? []);
    for (const { ends } of ending) ends.abort(why);
    await Promise.all(ending.map(({ done }) => done));
  }

  endAll(why: Error): Promise<void> {
    return this.end(this.#served.keys(), why);
  }
}
