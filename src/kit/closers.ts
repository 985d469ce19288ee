import type { Log } from "./log.ts";
import { messageOf } from "./errors.ts";

/** What was opened, to be closed in the opposite order; one part that will not close does not keep the others open. */
export class Closers {
  readonly #log: Log;
  readonly #open: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  #closing: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string, close: () => Promise<void> | void): void {
    this.#open.push({ name, close });
  }

  /** Calling it again waits for the same closing. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (let next = this.#open.pop(); next; next = this.#open.pop()) {
      try {
        await next.close();
      } catch (error) {
        this.#log.error(`${next.name} did not close: ${messageOf(error)}`);
      }
    }
  }
}
