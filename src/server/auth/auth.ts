import type { SiteAuth } from "#src/config/site.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Log } from "#src/kit/log.ts";
import type { EdgeTime } from "../edge-time.ts";
import type { AuditEntry, Refusal } from "../services.ts";
import { digestOf, nameIn, openApiKeys, principalOfKey, type ApiKeys } from "./keys.ts";
import { openLockout } from "./lockout.ts";
import { openOidc } from "./oidc.ts";
import { passwordMatches, pretendToCheck } from "./passwords.ts";
import { openRemembered } from "./remembered.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import type { AuthStore, KeyRecord, UserRecord } from "./store.ts";
import { openTurns } from "./turns.ts";
import { openUsers, type Users } from "./users.ts";

/** Somebody who has shown who they are, and by what. */
export interface SignedIn {
  readonly principal: Principal;
  /** `session:…`, `key:…`, `oidc`, `loopback`: what is asked again whether it still stands. */
  readonly credential: string;
  readonly expiresAtMs?: number;
}

export type Outcome<T> = { readonly ok: T } | { readonly refused: Refusal & { readonly status: 401 | 403 | 404 | 409 | 429 } };

export interface Auth {
  /** Who a bearer token or a cookie's token stands for. */
  check(token: string, address: string): Promise<Outcome<SignedIn>>;
  /** The principal as it is now; undefined when the session was ended, the key removed or the time is over. */
  current(signedIn: SignedIn): Principal | undefined;
  signIn(name: string, password: string, address: string): Promise<Outcome<SignedIn & { token: string }>>;
  /** The one-time token of the first start makes the first administrator. */
  makeFirstAdmin(token: string, name: string, password: string, address: string): Promise<Outcome<UserRecord>>;
  readonly sessions: Sessions;
  readonly keys: ApiKeys;
  readonly users: Pick<Users, "get" | "list">;
  putUser(user: Omit<UserRecord, "passwordHash"> & { password: string }): Promise<Outcome<UserRecord>>;
  removeUser(name: string): boolean;
  /** Called with the credential that no longer stands. */
  onEnded(see: (credential: string) => void): () => void;
  nowMs(): number;
}

export interface AuthParts {
  readonly config: SiteAuth;
  readonly store: AuthStore;
  readonly time: EdgeTime;
  readonly log: Log;
  readonly audit: (entry: AuditEntry) => void;
  readonly showFirstToken?: (token: string) => void;
}

const wrong: Refusal & { status: 401 } = { status: 401, code: "sign-in-failed", message: "name or password is wrong" };
const badToken: Refusal & { status: 401 } = {
  status: 401,
  code: "bad-token",
  message: "this token is not known here, has expired or was ended",
};

const busy: Refusal & { status: 429 } = {
  status: 429,
  code: "busy",
  message: "too many sign-ins are being checked at once; try again in a moment",
};

/** Digests of tokens refused lately: the same token again costs no slow hash and counts as no further failure. */
const refusedMax = 10_000;
const refusedLastsMs = 60_000;
/** Digests of issuers' tokens that were good once: others' failures at the address do not lock them out. */
const provenMax = 10_000;
const provenLastsMs = 24 * 3_600_000;

export function openAuth({ config, store, time, log, audit, showFirstToken }: AuthParts): Auth {
  const ended = new Set<(credential: string) => void>();
  const tellEnded = (credential: string): void => ended.forEach((see) => see(credential));
  const keys = openApiKeys(store, config.apiKeys);
  const oidc = openOidc(config.oidc);
  const lockout = openLockout(store, config.lockout);
  const sessions = openSessions(
    store,
    { ttlMs: config.sessionTtlMs, perUser: config.sessionsPerUser },
    (id) => tellEnded(`session:${id}`),
    (what) => log.warn(what),
  );
  const users = openUsers(store, config, showFirstToken);
  const turns = openTurns();
  const refused = openRemembered(refusedMax, refusedLastsMs);
  const proven = openRemembered(provenMax, provenLastsMs);
  const beingChecked = new Map<string, Promise<Outcome<SignedIn>>>();

  function locked(name: string | undefined, address: string): Outcome<never> | undefined {
    const ms = lockout.lockedForMs(name, address, time.wallMs());
    if (ms === 0) return undefined;
    const minutes = Math.ceil(ms / 60_000);
    return { refused: { status: 429, code: "locked", message: `too many failed attempts; try again in ${minutes} min` } };
  }

  function failed(name: string | undefined, address: string, why: string): void {
    const { locked: nowLocked } = lockout.failed(name, address, time.wallMs());
    audit({ act: nowLocked ? "locked" : "sign-in-failed", by: name ?? "unknown", data: { from: address, why } });
  }

  async function check(token: string, address: string): Promise<Outcome<SignedIn>> {
    const nowMs = time.wallMs();
    const session = await sessions.find(token, nowMs);
    const owner = session && users.get(session.user);
    if (session && owner) {
      return { ok: { principal: principalOf(owner), credential: `session:${session.id}`, expiresAtMs: session.expiresAtMs } };
    }
    const known = keys.findAtOnce(token, nowMs);
    if (known) return { ok: ofKey(known) };
    const digest = digestOf(token);
    if (refused.has(digest, nowMs)) return { refused: badToken };
    // The same token many times at once is one attempt: a program's first burst must not use up its own room.
    const asked = `${digest} ${address}`;
    let checking = beingChecked.get(asked);
    if (!checking) {
      checking = checkUnknown(token, digest, address).finally(() => beingChecked.delete(asked));
      beingChecked.set(asked, checking);
    }
    return checking;
  }

  /** A token that is no session and no key known at once. The lockout is asked before anything dear is done. */
  async function checkUnknown(token: string, digest: string, address: string): Promise<Outcome<SignedIn>> {
    const nowMs = time.wallMs();
    const shut = proven.has(digest, nowMs) ? undefined : locked(undefined, address);
    if (shut) return shut;
    const fromIssuer = nameIn(token) === undefined ? await oidc.check(token, new Date(nowMs)) : undefined;
    if (typeof fromIssuer === "object") {
      proven.put(digest, nowMs);
      audit({ act: "signed-in", by: fromIssuer.principal.name, data: { from: address, via: "oidc" } });
      return { ok: { ...fromIssuer, credential: "oidc" } };
    }
    if (fromIssuer !== undefined) {
      failed(undefined, address, fromIssuer);
      return { refused: { ...badToken, message: `token refused: ${fromIssuer}` } };
    }
    const key = keys.needsSlowHash(token) ? await attempted(undefined, address, () => keys.find(token, nowMs)) : undefined;
    if (key === "busy") return { refused: busy };
    if (key) return { ok: ofKey(key) };
    refused.put(digest, nowMs);
    failed(undefined, address, "token not known");
    return { refused: badToken };
  }

  /** One slow check, within the bounds of the lockout and of the threads. */
  async function attempted<T>(name: string | undefined, address: string, check: () => Promise<T>): Promise<T | "busy"> {
    const over = lockout.begin(name, address, time.wallMs());
    if (!over) return "busy";
    try {
      return await (turns.run(check) ?? "busy");
    } finally {
      over();
    }
  }

  function current(signedIn: SignedIn): Principal | undefined {
    if (signedIn.expiresAtMs !== undefined && signedIn.expiresAtMs <= time.wallMs()) return undefined;
    const [kind, id = ""] = split(signedIn.credential);
    if (kind === "session") {
      const record = sessions.get(id, time.wallMs());
      const owner = record && users.get(record.user);
      return owner && principalOf(owner);
    }
    if (kind === "key") {
      const key = keys.get(id, time.wallMs());
      return key && principalOfKey(key);
    }
    return signedIn.principal;
  }

  async function signIn(name: string, password: string, address: string): Promise<Outcome<SignedIn & { token: string }>> {
    const shut = locked(name, address);
    if (shut) return shut;
    const known = users.get(name);
    const right = await attempted(name, address, async () =>
      known ? passwordMatches(password, known.passwordHash) : (await pretendToCheck(password), false),
    );
    if (right === "busy") return { refused: busy };
    if (!known || !right) {
      failed(name, address, known ? "wrong password" : "unknown name");
      return { refused: wrong };
    }
    lockout.succeeded(name, address);
    const { token, record } = await sessions.start(name, address, time.wallMs());
    audit({ act: "signed-in", by: name, data: { from: address, session: record.id } });
    return { ok: { token, principal: principalOf(known), credential: `session:${record.id}`, expiresAtMs: record.expiresAtMs } };
  }

  async function makeFirstAdmin(token: string, name: string, password: string, address: string): Promise<Outcome<UserRecord>> {
    const shut = locked(undefined, address);
    if (shut) return shut;
    if (!users.burnFirstToken(token)) {
      failed(undefined, address, "first administrator token");
      return {
        refused: {
          status: 401,
          code: "bad-token",
          message: "this is not the one-time token of this gateway's last start, or it was used",
        },
      };
    }
    const record = await users.put({ name, role: "admin", password });
    audit({ act: "user-made", by: "first-token", data: { name, role: "admin", from: address } });
    return { ok: record };
  }

  async function putUser(about: Parameters<Auth["putUser"]>[0]): Promise<Outcome<UserRecord>> {
    if (users.isConfigured(about.name)) {
      return { refused: { status: 409, code: "in-site-file", message: `${about.name} is described in the site file; change it there` } };
    }
    const record = await users.put(about);
    sessions.endAllOf(about.name);
    return { ok: record };
  }

  return {
    check,
    current,
    signIn,
    makeFirstAdmin,
    putUser,
    sessions,
    keys,
    users,
    nowMs: () => time.wallMs(),
    removeUser(name) {
      if (!users.remove(name)) return false;
      sessions.endAllOf(name);
      return true;
    },
    onEnded(see) {
      ended.add(see);
      return () => ended.delete(see);
    },
  };
}

function ofKey(key: KeyRecord): SignedIn {
  const until = key.expiresAtMs !== undefined && { expiresAtMs: key.expiresAtMs };
  return { principal: principalOfKey(key), credential: `key:${key.name}`, ...until };
}

export function principalOf(user: Pick<UserRecord, "name" | "role" | "areas">): Principal {
  return { name: user.name, kind: "person", role: user.role, ...(user.areas && { areas: user.areas }) };
}

function split(credential: string): [kind: string, id?: string] {
  const colon = credential.indexOf(":");
  return colon < 0 ? [credential] : [credential.slice(0, colon), credential.slice(colon + 1)];
}
