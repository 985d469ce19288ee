import { setTimeout as sleep } from "node:timers/promises";
import type { Cancel, Timers } from "#src/contract/clock.ts";
import type { MachineClocks } from "./live-time.ts";

/** The clocks of this machine: the one place in the gateway that asks them. */
export const machineClocks: MachineClocks = {
  monotonicUs: () => performance.now() * 1_000,
  wallUs: () => Date.now() * 1_000,
};

/** Timers of this machine. A timer alone does not keep the process alive: sockets and servers do. */
export const machineTimers: Timers = {
  after(ms, run): Cancel {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run): Cancel {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
  async sleep(ms, signal) {
    await sleep(ms, undefined, signal ? { signal } : {});
  },
};
