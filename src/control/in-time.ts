import type { Timers } from "#src/contract/clock.ts";
import { GatewayError } from "#src/kit/errors.ts";

/** Gives up at the deadline even when the other side pays no attention to its signal. */
export function inTime<T>(timers: Timers, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = new AbortController();
    const cancel = timers.after(ms, () => {
      const late = new GatewayError("timeout", `not answered within ${ms} ms`, { sent: true });
      giveUp.abort(late);
      reject(late);
    });
    void work(giveUp.signal).then(resolve, reject).finally(cancel);
  });
}
