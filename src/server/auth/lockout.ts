import { openRemembered } from "./remembered.ts";
import type { AuthStore } from "./store.ts";

/** Counts failed sign-ins in a row, by name (kept over restarts) and by address (in memory, bounded). */
export interface Lockout {
  /** Milliseconds until this name or address may try again; 0 when it may now. */
  lockedForMs(name: string | undefined, address: string, nowMs: number): number;
  /**
   * An attempt whose answer takes time counts as failed until it is answered, so that a burst gets no more guesses than a
   * queue. Call what comes back when it is over; undefined when those under way may use up all that is left.
   */
  begin(name: string | undefined, address: string, nowMs: number): (() => void) | undefined;
  failed(name: string | undefined, address: string, nowMs: number): { readonly locked: boolean };
  /** From then on this name is not locked out at this address by what others fail there. */
  succeeded(name: string, address: string): void;
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
  const underWay = new Map<string, number>();
  const proven = openRemembered(rememberedMax, Infinity);

  const pair = (name: string, address: string): string => `${address} ${name}`;
  const isProven = (name: string | undefined, address: string, nowMs: number): boolean =>
    name !== undefined && proven.has(pair(name, address), nowMs);

  function hasRoom(known: Map<string, Failures>, key: string, way: string, limit: number, nowMs: number): boolean {
    const failures = known.get(key);
    const counted = failures && !(failures.lockedUntilMs > 0 && failures.lockedUntilMs <= nowMs) ? failures.count : 0;
    return counted + (underWay.get(way) ?? 0) < limit;
  }

  function walk(way: string, by: 1 | -1): void {
    const left = (underWay.get(way) ?? 0) + by;
    if (left > 0) underWay.set(way, left);
    else underWay.delete(way);
  }

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
      Math.max(
        name === undefined ? 0 : remaining(names.get(name), nowMs),
        isProven(name, address, nowMs) ? 0 : remaining(addresses.get(address), nowMs),
      ),
    begin(name, address, nowMs) {
      const ways: string[] = [];
      if (name !== undefined) {
        if (!hasRoom(names, name, `name ${name}`, rule.failures, nowMs)) return undefined;
        ways.push(`name ${name}`);
      }
      if (!isProven(name, address, nowMs)) {
        if (!hasRoom(addresses, address, `address ${address}`, rule.failures * addressFactor, nowMs)) return undefined;
        ways.push(`address ${address}`);
      }
      for (const way of ways) walk(way, 1);
      return () => ways.forEach((way) => walk(way, -1));
    },
    failed(name, address, nowMs) {
      const byAddress = count(addresses, address, rule.failures * addressFactor, nowMs);
      if (name === undefined) return { locked: byAddress.lockedUntilMs > nowMs };
      const byName = count(names, name, rule.failures, nowMs);
      // A full disk must not keep anybody from signing in: the count then lives in memory only.
      attempt(() => store.putFailures({ name, ...byName }));
      return { locked: byName.lockedUntilMs > nowMs };
    },
    succeeded(name, address) {
      proven.put(pair(name, address), 0);
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
