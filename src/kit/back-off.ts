import type { Random } from "./random.ts";

/** How long to wait before each attempt: doubling to a ceiling, with jitter so that a thousand links do not dial at once. */
export interface BackOff {
  next(): number;
  reset(): void;
}

export function backOff(options: { firstMs: number; ceilingMs: number; random: Random }): BackOff {
  let attempt = 0;
  return {
    next() {
      const full = Math.min(options.ceilingMs, options.firstMs * 2 ** Math.min(attempt++, 30));
      return Math.round(full * (0.5 + options.random() / 2));
    },
    reset() {
      attempt = 0;
    },
  };
}
