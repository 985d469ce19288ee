import type { AdapterEnv } from "#src/contract/adapter.ts";
import type { Cancel, Timers } from "#src/contract/clock.ts";
import { silentLog, type Log } from "#src/kit/log.ts";
import { usPerMs } from "#msgs/time.ts";

export interface CountedEnv extends AdapterEnv {
  /** Timers that were set and have neither run nor been cancelled: after `close` there must be none. */
  pendingTimers(): number;
}

export interface MadeUpEnv extends CountedEnv {
  /** Moves made-up time on, running every timer at its own moment, in order; lets promises settle between them. */
  advance(ms: number): Promise<void>;
}

/** Real time and real timers, counted. For tests that talk to a real peer over a real socket. */
export function realEnv(log: Log = silentLog): CountedEnv {
  const startedUs = Date.now() * usPerMs;
  const started = performance.now();
  const live = new Set<object>();
  const timers: Timers = {
    after(ms, run) {
      const mark = {};
      live.add(mark);
      const handle = setTimeout(() => {
        live.delete(mark);
        run();
      }, ms);
      return () => {
        live.delete(mark);
        clearTimeout(handle);
      };
    },
    every(ms, run) {
      const mark = {};
      live.add(mark);
      const handle = setInterval(run, ms);
      return () => {
        live.delete(mark);
        clearInterval(handle);
      };
    },
    sleep: (ms, signal) => sleepOn(timers, ms, signal),
  };
  return {
    time: { now: () => startedUs + Math.round((performance.now() - started) * usPerMs), trusted: () => true },
    timers,
    log,
    pendingTimers: () => live.size,
  };
}

/** Time that moves only when the test says so. */
export function madeUpEnv(options: { from?: number; trusted?: () => boolean; log?: Log } = {}): MadeUpEnv {
  const from = options.from ?? 1_700_000_000_000_000;
  const waiting: { due: number; order: number; everyMs: number | undefined; run: () => void }[] = [];
  let nowMs = 0;
  let order = 0;
  const add = (ms: number, everyMs: number | undefined, run: () => void): Cancel => {
    const timer = { due: nowMs + ms, order: order++, everyMs, run };
    waiting.push(timer);
    return () => {
      const at = waiting.indexOf(timer);
      if (at >= 0) waiting.splice(at, 1);
    };
  };
  const timers: Timers = {
    after: (ms, run) => add(ms, undefined, run),
    every: (ms, run) => add(ms, ms, run),
    sleep: (ms, signal) => sleepOn(timers, ms, signal),
  };
  const nextUntil = (end: number) => waiting.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due || a.order - b.order)[0];
  return {
    time: { now: () => from + Math.round(nowMs * usPerMs), trusted: options.trusted ?? (() => true) },
    timers,
    log: options.log ?? silentLog,
    pendingTimers: () => waiting.length,
    async advance(ms) {
      const end = nowMs + ms;
      await settle();
      for (let timer = nextUntil(end); timer; timer = nextUntil(end)) {
        nowMs = timer.due;
        if (timer.everyMs === undefined) waiting.splice(waiting.indexOf(timer), 1);
        else timer.due += Math.max(timer.everyMs, 0.001);
        timer.run();
        await settle();
      }
      nowMs = end;
    },
  };
}

function sleepOn(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = () => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = timers.after(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** One turn of the event loop: promises settle, what the operating system has ready is handed over. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
