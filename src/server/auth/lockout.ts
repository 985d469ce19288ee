import type { AuthStore } from "./store.ts";

/** Counts failed sign-ins in a row, by name (kept over restarts) and by address (in memory, bounded). */
export interface Lockout {
  /** Milliseconds until this name or address may try again; 0 when it may now. */
  lockedForMs(name: string | undefined, address: string, nowMs: number): number;
  failed(name: string | undefined, address: string, nowMs: number): { readonly locked: boolean };
  succeeded(name: string): void;
}

/** Names and addresses remembered at once; the oldest is forgotten first. */
const rememberedMax = 10_000;
/** One address may stand for a whole control room behind a router, so it is given more. */
const addressFactor = 5;

interface Failures {
  count: number;
  lockedUntilMs: number;
}

export function openLockout(store: AuthStore, rule: { failures: number; lastsMs: number }): Lockout {
  const names = new Map<string, Failures>(store.failures().map(({ name, count, lockedUntilMs }) => [name, { count, lockedUntilMs }]));
  const addresses = new Map<string, Failures>();

  function count(known: Map<string, Failures>, key: string, limit: number, nowMs: number): Failures {
    const failures = known.get(key) ?? { count: 0, lockedUntilMs: 0 };
    // A lock that is over starts the count anew.
    if (failures.lockedUntilMs > 0 && failures.lockedUntilMs <= nowMs) Object.assign(failures, { count: 0, lockedUntilMs: 0 });
    failures.count++;
    if (failures.count >= limit) failures.lockedUntilMs = nowMs + rule.lastsMs;
    known.delete(key);
    known.set(key, failures);
    const oldest = known.keys().next().value;
    if (known.size > rememberedMax && oldest !== undefined) known.delete(oldest);
    return failures;
  }

  const remaining = (failures: Failures | undefined, nowMs: number): number => Math.max(0, (failures?.lockedUntilMs ?? 0) - nowMs);

  return {
    lockedForMs: (name, address, nowMs) =>
      Math.max(name === undefined ? 0 : remaining(names.get(name), nowMs), remaining(addresses.get(address), nowMs)),
    failed(name, address, nowMs) {
      const byAddress = count(addresses, address, rule.failures * addressFactor, nowMs);
      if (name === undefined) return { locked: byAddress.lockedUntilMs > nowMs };
      const byName = count(names, name, rule.failures, nowMs);
      // A full disk must not keep anybody from signing in: the count then lives in memory only.
      attempt(() => store.putFailures({ name, ...byName }));
      return { locked: byName.lockedUntilMs > nowMs };
    },
    succeeded(name) {
      if (names.delete(name)) attempt(() => store.putFailures({ name, count: 0, lockedUntilMs: 0 }));
    },
  };
}

/** Runs a write whose loss is bearable; says whether it worked. */
export function attempt(write: () => void): boolean {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}
