import type { Timers } from "#src/contract/clock.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import type { Draft, Message } from "./types/index.ts";
import type { ServiceCaller, Transport } from "./transport/transport.ts";

/** How often a service that was not there is looked for again while somebody waits. */
const lookEveryMs = 10;
/** Services one link keeps clients of; beyond it the one that was longest out of use goes. */
const maxCallers = 512;

interface Kept {
  readonly caller: ServiceCaller;
  underWay: number;
}

/** Calls services by name, keeping one client of each. */
export class Callers {
  /** The one that was used last is last. */
  private readonly callers = new Map<string, Kept>();
  private readonly transport: Transport;
  private readonly timers: Timers;
  private readonly timeoutMs: number;

  constructor(transport: Transport, timers: Timers, timeoutMs: number) {
    this.transport = transport;
    this.timers = timers;
    this.timeoutMs = timeoutMs;
  }

  /** Makes the client ahead of the first call, so that the servers are found by then. */
  prepare(service: string, type: string): void {
    this.take(service, type);
  }

  /** Rejects with a GatewayError whose `sent` says whether the request may have arrived. */
  async call(service: string, type: string, request: Draft, signal: AbortSignal, withinMs = this.timeoutMs): Promise<Message> {
    if (signal.aborted) throw givenUp(signal, `calling ${service}`);
    const kept = this.take(service, type);
    kept.underWay++;
    try {
      await this.present(kept.caller, service, withinMs, signal);
      const answer = kept.caller.call(request, withinMs).catch((error: unknown) => {
        if (error instanceof Error && error.name === "DraftError")
          throw new GatewayError("device-refused", messageOf(error), { cause: error });
        throw new GatewayError("timeout", `${service}: ${messageOf(error)}`, { cause: error, sent: true });
      });
      return await untilAborted(answer, signal, `calling ${service}`);
    } finally {
      kept.underWay--;
    }
  }

  close(): void {
    for (const { caller } of this.callers.values()) caller.close();
    this.callers.clear();
  }

  private take(service: string, type: string): Kept {
    const key = `${service} ${type}`;
    let kept = this.callers.get(key);
    if (kept === undefined) {
      this.makeRoom();
      kept = { caller: this.transport.caller(service, type), underWay: 0 };
    }
    this.callers.delete(key);
    this.callers.set(key, kept);
    return kept;
  }

  private makeRoom(): void {
    if (this.callers.size < maxCallers) return;
    const idle = [...this.callers].find(([, { underWay }]) => underWay === 0);
    if (idle === undefined) throw new GatewayError("busy", `${maxCallers} services are being called on this link`);
    this.callers.delete(idle[0]);
    idle[1].caller.close();
  }

  private async present(caller: ServiceCaller, service: string, withinMs: number, signal: AbortSignal): Promise<void> {
    for (let waitedMs = 0; !caller.isAvailable; waitedMs += lookEveryMs) {
      if (waitedMs >= withinMs) throw new GatewayError("timeout", `nobody offers the service ${service}`);
      await this.timers.sleep(lookEveryMs, signal).catch(() => {
        throw givenUp(signal, `calling ${service}`);
      });
    }
  }
}

/** The promise, or a rejection as soon as nobody wants it any more; what was sent stays sent. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(givenUp(signal, what, { sent: true }));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
