import { randomBytes } from "node:crypto";
import type { AuthStore, SessionRecord } from "./store.ts";
import { attempt } from "./lockout.ts";

/** Sign-ins that are in force. The token is a JWT that names the session; what it may do is looked up, never read from it. */
export interface Sessions {
  start(user: string, from: string, nowMs: number): Promise<{ token: string; record: SessionRecord }>;
  /** The session a token stands for, or undefined when the token is forged, expired or ended. */
  find(token: string, nowMs: number): Promise<SessionRecord | undefined>;
  get(id: string, nowMs: number): SessionRecord | undefined;
  list(nowMs: number): readonly SessionRecord[];
  end(id: string): SessionRecord | undefined;
  endAllOf(user: string): void;
}

const audience = "plainview";
/** `lastSeen` is written at most this often. */
const seenEveryMs = 60_000;

export function openSessions(
  store: AuthStore,
  rule: { ttlMs: number; perUser: number },
  onEnded: (id: string) => void,
  onLost: (what: string) => void,
): Sessions {
  const secret = store.signingSecret();
  const known = new Map<string, SessionRecord>(store.sessions().map((record) => [record.id, record]));

  // Memory is what counts while the gateway runs; a full disk costs only what a restart would remember.
  function remember(record: SessionRecord): void {
    known.set(record.id, record);
    if (!attempt(() => store.putSession(record))) onLost("a session could not be written; it is good until the gateway stops");
  }

  function end(id: string): SessionRecord | undefined {
    const record = known.get(id);
    if (!record) return undefined;
    known.delete(id);
    if (!attempt(() => store.removeSession(id))) onLost("an ended session could not be erased from auth.db");
    onEnded(id);
    return record;
  }

  function get(id: string, nowMs: number): SessionRecord | undefined {
    const record = known.get(id);
    if (!record) return undefined;
    if (record.expiresAtMs > nowMs) return record;
    end(id);
    return undefined;
  }

  function ofUser(user: string): SessionRecord[] {
    return [...known.values()].filter((record) => record.user === user).sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  return {
    get,
    end,
    async start(user, from, nowMs) {
      for (const record of known.values()) if (record.expiresAtMs <= nowMs) end(record.id);
      // The oldest goes: refusing the newest would keep an operator out because of screens nobody sits at.
      for (const oldest of ofUser(user).slice(0, Math.max(0, ofUser(user).length - rule.perUser + 1))) end(oldest.id);
      const id = randomBytes(16).toString("hex");
      const record = { id, user, from, createdAtMs: nowMs, lastSeenAtMs: nowMs, expiresAtMs: nowMs + rule.ttlMs };
      remember(record);
      const { SignJWT } = await import("jose");
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: "HS256" })
        .setSubject(user)
        .setJti(id)
        .setAudience(audience)
        .setIssuedAt(Math.floor(nowMs / 1000))
        .setExpirationTime(Math.ceil(record.expiresAtMs / 1000))
        .sign(secret);
      return { token, record };
    },
    async find(token, nowMs) {
      // Loaded by the first who brings a token: where nobody signs in, nobody pays for it.
      const { jwtVerify } = await import("jose");
      try {
        const { payload } = await jwtVerify(token, secret, { algorithms: ["HS256"], audience, currentDate: new Date(nowMs) });
        const record = payload.jti === undefined ? undefined : get(payload.jti, nowMs);
        if (!record || record.user !== payload.sub) return undefined;
        if (nowMs - record.lastSeenAtMs > seenEveryMs) remember({ ...record, lastSeenAtMs: nowMs });
        return record;
      } catch {
        return undefined;
      }
    },
    list(nowMs) {
      return [...known.values()].filter((record) => record.expiresAtMs > nowMs);
    },
    endAllOf(user) {
      for (const record of ofUser(user)) end(record.id);
    },
  };
}
