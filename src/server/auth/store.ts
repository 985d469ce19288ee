import type { Role } from "#src/contract/control.ts";

/** What sign-in needs to remember. Kept beside the journal and independent of the database. */
export interface AuthStore {
  /** The secret that session tokens are signed with, made when first asked for. */
  signingSecret(): Uint8Array;
  users(): readonly UserRecord[];
  putUser(user: UserRecord): void;
  removeUser(name: string): void;
  keys(): readonly KeyRecord[];
  putKey(key: KeyRecord): void;
  removeKey(name: string): void;
  sessions(): readonly SessionRecord[];
  putSession(session: SessionRecord): void;
  removeSession(id: string): void;
  failures(): readonly FailureRecord[];
  putFailures(record: FailureRecord): void;
  /** Hash of the one-time administrator token that is still good. */
  firstTokenHash(): string | undefined;
  setFirstTokenHash(hash: string | undefined): void;
  close(): void;
}

export interface UserRecord {
  readonly name: string;
  readonly role: Role;
  readonly areas?: readonly string[];
  readonly passwordHash: string;
}

export interface KeyRecord {
  readonly name: string;
  readonly role: Role;
  readonly areas?: readonly string[];
  readonly hash: string;
  readonly expiresAtMs?: number;
}

export interface SessionRecord {
  readonly id: string;
  readonly user: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly lastSeenAtMs: number;
  /** The address it was made from. */
  readonly from: string;
}

export interface FailureRecord {
  readonly name: string;
  /** In a row. */
  readonly count: number;
  readonly lockedUntilMs: number;
}
