/** Digests kept for a while: of so many at most, the one that was used longest ago is forgotten first. */
export interface Remembered {
  has(digest: string, nowMs: number): boolean;
  put(digest: string, nowMs: number): void;
}

export function openRemembered(max: number, lastsMs: number): Remembered {
  const untilMs = new Map<string, number>();

  function put(digest: string, until: number): void {
    untilMs.delete(digest);
    untilMs.set(digest, until);
    const oldest = untilMs.keys().next().value;
    if (untilMs.size > max && oldest !== undefined) untilMs.delete(oldest);
  }

  return {
    has(digest, nowMs) {
      const until = untilMs.get(digest);
      if (until === undefined) return false;
      if (until <= nowMs) return (untilMs.delete(digest), false);
      put(digest, until);
      return true;
    },
    put: (digest, nowMs) => put(digest, nowMs + lastsMs),
  };
}
