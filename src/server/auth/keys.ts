import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { SiteAuth } from "#src/config/site.ts";
import type { Principal } from "#src/contract/control.ts";
import { passwordMatches } from "./passwords.ts";
import type { AuthStore, KeyRecord } from "./store.ts";

/** API keys of programs: those of the site file and those made at run time. */
export interface ApiKeys {
  /** Found without a slow hash: verified lately, or kept as a digest. */
  findAtOnce(token: string, nowMs: number): KeyRecord | undefined;
  /** Whether there is a slow hash that this token might match. */
  needsSlowHash(token: string): boolean;
  /** By slow hash. */
  find(token: string, nowMs: number): Promise<KeyRecord | undefined>;
  get(name: string, nowMs: number): KeyRecord | undefined;
  list(): readonly KeyRecord[];
  /** The key is shown once, here; only its digest is kept. */
  make(key: Omit<KeyRecord, "hash">): Promise<string>;
  remove(name: string): boolean;
}

/** Keys verified lately, so that a program that asks ten times a second costs one scrypt and not ten. */
const verifiedMax = 1_000;
/** Keys of the site file that do not carry their name are tried one by one, so many at most. */
const namelessMax = 20;
/** `sha256$` and the digest in base64url: enough for a key that a machine drew, because nobody can guess through 2^120. */
const digestPrefix = "sha256$";

export function openApiKeys(store: AuthStore, configured: SiteAuth["apiKeys"]): ApiKeys {
  const made = new Map<string, KeyRecord>(store.keys().map((key) => [key.name, key]));
  const fixed = new Map<string, KeyRecord>(configured.map((key) => [key.name, key]));
  const verified = new Map<string, string>();

  function get(name: string, nowMs: number): KeyRecord | undefined {
    const key = fixed.get(name) ?? made.get(name);
    return key && (key.expiresAtMs === undefined || key.expiresAtMs > nowMs) ? key : undefined;
  }

  function named(token: string): KeyRecord | undefined {
    const name = nameIn(token);
    return name === undefined ? undefined : (fixed.get(name) ?? made.get(name));
  }

  function slowCandidates(token: string): KeyRecord[] {
    const direct = named(token);
    const tried = direct ? [direct] : [...fixed.values()];
    return tried.filter(({ hash }) => !hash.startsWith(digestPrefix)).slice(0, namelessMax);
  }

  return {
    get,
    findAtOnce(token, nowMs) {
      const lately = verified.get(digestOf(token));
      if (lately !== undefined) return get(lately, nowMs);
      const key = named(token);
      return key && isDigestOf(token, key.hash) ? get(key.name, nowMs) : undefined;
    },
    needsSlowHash: (token) => slowCandidates(token).length > 0,
    async find(token, nowMs) {
      for (const key of slowCandidates(token)) {
        if (!(await passwordMatches(token, key.hash))) continue;
        // It may have been taken back while the hash was worked out.
        if ((fixed.get(key.name) ?? made.get(key.name)) !== key) return undefined;
        verified.set(digestOf(token), key.name);
        const oldest = verified.keys().next().value;
        if (verified.size > verifiedMax && oldest !== undefined) verified.delete(oldest);
        return get(key.name, nowMs);
      }
      return undefined;
    },
    list: () => [...fixed.values(), ...made.values()],
    make(key) {
      const token = `pv.${key.name}.${randomBytes(32).toString("base64url")}`;
      const record = { ...key, hash: `${digestPrefix}${digestOf(token)}` };
      store.putKey(record);
      made.set(key.name, record);
      return Promise.resolve(token);
    },
    remove(name) {
      if (!made.delete(name)) return false;
      for (const [digest, of] of verified) if (of === name) verified.delete(digest);
      store.removeKey(name);
      return true;
    },
  };
}

export function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

function isDigestOf(token: string, hash: string): boolean {
  const expected = Buffer.from(`${digestPrefix}${digestOf(token)}`);
  const stored = Buffer.from(hash);
  return stored.length === expected.length && timingSafeEqual(stored, expected);
}

/** Looks like a key of ours and not like a JWT, which has three parts of base64 and no such beginning. */
export function nameIn(token: string): string | undefined {
  return /^pv\.(.{1,100})\.[A-Za-z0-9_-]{20,}$/.exec(token)?.[1];
}

export function principalOfKey(key: KeyRecord): Principal {
  return { name: key.name, kind: "program", role: key.role, ...(key.areas && { areas: key.areas }) };
}
