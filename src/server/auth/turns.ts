/**
 * Slow hashes wait for one another: each holds a thread of the pool for tens of milliseconds, and files and names are
 * looked up on the same four threads.
 */
export interface Turns {
  /** Undefined when as many wait as may: whoever asks is told to come again. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined;
}

export const hashesAtOnce = 2;
export const hashesWaiting = 16;

export function openTurns(atOnce = hashesAtOnce, waitingMax = hashesWaiting): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function turn<T>(work: () => Promise<T>): Promise<T> {
    // Whoever leaves hands its place on, so that nobody who comes in between takes it.
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  return {
    run: (work) => (running >= atOnce && waiting.length >= waitingMax ? undefined : turn(work)),
  };
}
