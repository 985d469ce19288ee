import type { Cancel, Timers } from "#src/contract/clock.ts";
import { GatewayError } from "#src/kit/errors.ts";

export interface ForeignDeviceOptions {
  readonly ttlSeconds: number;
  readonly timers: Timers;
  /** Puts one registration to the BBMD; its result comes in through `result`. */
  readonly register: () => void;
  /** The BBMD has forgotten us, or never answered again: broadcasts no longer reach us. */
  readonly lost: (error: GatewayError) => void;
}

const firstAnswerMs = 1_500;
const attempts = 3;

/**
 * Keeps a registration with a BBMD alive: asks three times at the start, renews after a third of the lifetime so that two
 * lost datagrams cost nothing, and says so when the BBMD refuses or stays silent for a whole lifetime.
 *
 *     registering ──result ok──► registered ──a third of the lifetime──► renewing ──result ok──► registered
 *          └─ refused, silent ─► lost                                        └─ refused, silent for the rest ─► lost
 */
export class ForeignDevice {
  readonly #options: ForeignDeviceOptions;
  #cancel: Cancel = () => undefined;
  #sent = 0;
  #answered: ((code: number) => void) | undefined;
  /** Registrations that were accepted so far. */
  renewals = 0;

  constructor(options: ForeignDeviceOptions) {
    this.#options = options;
  }

  /** Resolves once the BBMD has accepted. */
  start(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (error: GatewayError) => {
        this.stop();
        reject(error);
      };
      signal.addEventListener("abort", () => give(new GatewayError("closed", "the registration was given up")), { once: true });
      this.#attempt(firstAnswerMs, attempts, give, () => {
        resolve();
        this.#renewLater();
      });
    });
  }

  /** The BBMD's answer to a registration. */
  result(code: number): void {
    this.#answered?.(code);
  }

  stop(): void {
    this.#cancel();
    this.#answered = undefined;
  }

  #renewLater(): void {
    const third = (this.#options.ttlSeconds * 1000) / 3;
    this.#cancel = this.#options.timers.after(third, () => this.#attempt(third / 2, 4, this.#options.lost, () => this.#renewLater()));
  }

  #attempt(answerMs: number, left: number, failed: (error: GatewayError) => void, accepted: () => void): void {
    this.#sent++;
    this.#answered = (code) => {
      this.#cancel();
      this.#answered = undefined;
      if (code === 0) {
        this.renewals++;
        accepted();
      } else failed(new GatewayError("connect-refused", `the BBMD refused to take us as a foreign device (result 0x${code.toString(16)})`));
    };
    this.#cancel = this.#options.timers.after(answerMs, () => {
      if (left > 1) this.#attempt(answerMs, left - 1, failed, accepted);
      else failed(new GatewayError("connect-timeout", `the BBMD did not answer ${this.#sent} registrations`));
    });
    this.#options.register();
  }
}
