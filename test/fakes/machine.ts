import type { Cancel, Timers } from "#src/contract/clock.ts";
import type { MachineClocks } from "#src/timeline/live-time.ts";

/**
 * A made-up machine: its clocks stand until somebody moves them, its timers fire in order while they move. `afterArrivals`
 * runs at the end of the instant, which is what one turn of the event loop is on a real machine.
 */
export class Machine implements MachineClocks {
  #monotonicUs = 0;
  #wallUs: number;
  #order = 0;
  #timers: { at: number; order: number; run: () => void }[] = [];
  #soon: (() => void)[] = [];

  constructor(wallUs: number) {
    this.#wallUs = wallUs;
  }

  monotonicUs(): number {
    return this.#monotonicUs;
  }

  wallUs(): number {
    return this.#wallUs;
  }

  readonly afterArrivals = (run: () => void): void => {
    this.#soon.push(run);
  };

  readonly timers: Timers = {
    after: (ms, run): Cancel => {
      const timer = { at: this.#monotonicUs + ms * 1_000, order: this.#order++, run };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    },
    every: (ms, run): Cancel => {
      let cancel: Cancel = () => {};
      const again = (): void => {
        cancel = this.timers.after(ms, () => {
          again();
          run();
        });
      };
      again();
      return () => cancel();
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const cancel = this.timers.after(ms, resolve);
        signal?.addEventListener("abort", () => (cancel(), reject(signal.reason as Error)), { once: true });
      }),
  };

  /** Somebody sets the date. */
  stepWall(byUs: number): void {
    this.#wallUs += byUs;
  }

  /** The process does not run for a while: clocks go on, timers do not fire; what they owe fires afterwards. */
  stall(us: number): void {
    this.#monotonicUs += us;
    this.#wallUs += us;
  }

  /** Lets time pass, firing timers at their instants. */
  run(us: number): void {
    const until = this.#monotonicUs + us;
    for (let next = this.#next(until); next; next = this.#next(until)) {
      const passed = Math.max(0, next.at - this.#monotonicUs);
      this.#monotonicUs += passed;
      this.#wallUs += passed;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.run();
      this.turn();
    }
    this.#wallUs += until - this.#monotonicUs;
    this.#monotonicUs = until;
  }

  /** The end of a turn of the event loop: what waited for arrivals runs. */
  turn(): void {
    for (let run = this.#soon.shift(); run; run = this.#soon.shift()) run();
  }

  /** Like `run`, giving promises their turn between instants; for code that awaits. */
  async runAsync(us: number, stepUs = 1_000): Promise<void> {
    for (let passed = 0; passed < us; passed += stepUs) {
      this.run(Math.min(stepUs, us - passed));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #next(until: number): { at: number; order: number; run: () => void } | undefined {
    let first: { at: number; order: number; run: () => void } | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}
