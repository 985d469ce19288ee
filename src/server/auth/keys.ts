import { createHash, randomBytes } from "node:crypto";
import type { SiteAuth } from "#src/config/site.ts";
import type { Principal } from "#src/contract/control.ts";
import { hashPassword, passwordMatches } from "./passwords.ts";
import type { AuthStore, KeyRecord } from "./store.ts";

/** API keys of programs: those of the site file and those made at run time. */
export interface ApiKeys {
  find(token: string, nowMs: number): Promise<KeyRecord | undefined>;
  get(name: string, nowMs: number): KeyRecord | undefined;
  list(): readonly KeyRecord[];
  /** The key is shown once, here; only its hash is kept. */
  make(key: Omit<KeyRecord, "hash">): Promise<string>;
  remove(name: string): boolean;
}

/** Keys verified lately, so that a program that asks ten times a second costs one scrypt and not ten. */
const verifiedMax = 1_000;
/** A random key needs no slow hash against guessing; this cost keeps a first use under ten milliseconds. */
const keyCostLog2 = 12;
/** Keys of the site file that do not carry their name are tried one by one, so many at most. */
const namelessMax = 20;

export function openApiKeys(store: AuthStore, configured: SiteAuth["apiKeys"]): ApiKeys {
  const made = new Map<string, KeyRecord>(store.keys().map((key) => [key.name, key]));
  const fixed = new Map<string, KeyRecord>(configured.map((key) => [key.name, key]));
  const verified = new Map<string, string>();

  function get(name: string, nowMs: number): KeyRecord | undefined {
    const key = fixed.get(name) ?? made.get(name);
    return key && (key.expiresAtMs === undefined || key.expiresAtMs > nowMs) ? key : undefined;
  }

  function candidates(token: string): KeyRecord[] {
    const named = nameIn(token);
    const direct = named === undefined ? undefined : (fixed.get(named) ?? made.get(named));
    return direct ? [direct] : [...fixed.values()].slice(0, namelessMax);
  }

  return {
    get,
    async find(token, nowMs) {
      const digest = createHash("sha256").update(token).digest("base64");
      const lately = verified.get(digest);
      if (lately !== undefined) return get(lately, nowMs);
      for (const key of candidates(token)) {
        if (!(await passwordMatches(token, key.hash))) continue;
        verified.set(digest, key.name);
        const oldest = verified.keys().next().value;
        if (verified.size > verifiedMax && oldest !== undefined) verified.delete(oldest);
        return get(key.name, nowMs);
      }
      return undefined;
    },
    list: () => [...fixed.values(), ...made.values()],
    async make(key) {
      const token = `pv.${key.name}.${randomBytes(32).toString("base64url")}`;
      const record = { ...key, hash: await hashPassword(token, keyCostLog2) };
      store.putKey(record);
      made.set(key.name, record);
      return token;
    },
    remove(name) {
      if (!made.delete(name)) return false;
      for (const [digest, of] of verified) if (of === name) verified.delete(digest);
      store.removeKey(name);
      return true;
    },
  };
}

/** Looks like a key of ours and not like a JWT, which has three parts of base64 and no such beginning. */
export function nameIn(token: string): string | undefined {
  return /^pv\.(.{1,100})\.[A-Za-z0-9_-]{20,}$/.exec(token)?.[1];
}

export function principalOfKey(key: KeyRecord): Principal {
  return { name: key.name, kind: "program", role: key.role, ...(key.areas && { areas: key.areas }) };
}
