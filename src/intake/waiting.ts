import type { Timers } from "#src/contract/clock.ts";

/** False when it was woken by the end of everything. */
export async function slept(timers: Timers, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await timers.sleep(Math.ceil(ms), signal);
    return !signal.aborted;
  } catch {
    return false;
  }
}

/** What somebody else's promise brings, or undefined when it takes longer: nobody here waits for what may never come. */
export function within<T>(timers: Timers, ms: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(ms, () => resolve(undefined));
    work.then(resolve, reject).finally(cancel);
  });
}
