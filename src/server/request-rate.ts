export const windowMs = 60_000;

export interface Counted {
  readonly isTooMany: boolean;
  readonly left: number;
  /** Until the count begins anew. */
  readonly resetS: number;
}

/**
 * Counts requests by address, in windows of a minute that begin with an address's first one. Of more addresses than `most`
 * the one whose window began first is forgotten: then it begins anew, which costs an attacker more than it gives.
 */
export function openRequestRate(perMinute: number, most: number): (address: string, nowMs: number) => Counted {
  const windows = new Map<string, { readonly beganMs: number; count: number }>();
  return (address, nowMs) => {
    let window = windows.get(address);
    if (!window || nowMs - window.beganMs >= windowMs) {
      window = { beganMs: nowMs, count: 0 };
      // The order of a map is that of insertion: what is renewed goes to its end.
      windows.delete(address);
      windows.set(address, window);
      const [first] = windows.keys();
      if (windows.size > most && first !== undefined) windows.delete(first);
    }
    window.count++;
    const resetS = Math.ceil((window.beganMs + windowMs - nowMs) / 1000);
    return { isTooMany: window.count > perMinute, left: Math.max(0, perMinute - window.count), resetS };
  };
}
