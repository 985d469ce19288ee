import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { SiteAuth } from "#src/config/site.ts";
import { hashPassword } from "./passwords.ts";
import type { AuthStore, UserRecord } from "./store.ts";

/** People who may sign in: those of the site file, which win, and those made at run time. */
export interface Users {
  get(name: string): UserRecord | undefined;
  list(): readonly UserRecord[];
  isConfigured(name: string): boolean;
  put(user: Omit<UserRecord, "passwordHash"> & { password: string }): Promise<UserRecord>;
  remove(name: string): boolean;
  /** True once for the one-time token of this start. */
  burnFirstToken(token: string): boolean;
}

type FirstAdmin = Pick<SiteAuth, "users" | "loopback" | "oidc">;

export function openUsers(store: AuthStore, config: FirstAdmin, showFirstToken: ((token: string) => void) | undefined): Users {
  const { users: configured } = config;
  const fixed = new Map<string, UserRecord>(configured.map((user) => [user.name, user]));
  const made = new Map<string, UserRecord>(store.users().map((user) => [user.name, user]));
  const list = (): UserRecord[] => [...fixed.values(), ...[...made.values()].filter(({ name }) => !fixed.has(name))];

  offerFirstToken();

  /** While nobody can be administrator, each start makes a new token; the one before is then worth nothing. */
  function offerFirstToken(): void {
    if (!asksForSignIn(config) || list().some(({ role }) => role === "admin")) return store.setFirstTokenHash(undefined);
    const token = randomBytes(24).toString("base64url");
    store.setFirstTokenHash(digest(token).toString("base64"));
    showFirstToken?.(token);
  }

  return {
    list,
    get: (name) => fixed.get(name) ?? made.get(name),
    isConfigured: (name) => fixed.has(name),
    async put({ password, ...about }) {
      const record = { ...about, passwordHash: await hashPassword(password) };
      store.putUser(record);
      made.set(about.name, record);
      return record;
    },
    remove(name) {
      if (!made.delete(name)) return false;
      store.removeUser(name);
      return true;
    },
    burnFirstToken(token) {
      const hash = store.firstTokenHash();
      if (hash === undefined || !timingSafeEqual(Buffer.from(hash, "base64"), digest(token))) return false;
      // Burnt before anything is awaited, so that it works once even when it comes twice at the same moment.
      store.setFirstTokenHash(undefined);
      return true;
    },
  };
}

/** Where this machine needs no sign-in, or an issuer names administrators, somebody gets in without a token of ours. */
function asksForSignIn({ loopback, oidc }: FirstAdmin): boolean {
  return loopback === undefined && !oidc.some(({ roles }) => Object.values(roles).includes("admin"));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
