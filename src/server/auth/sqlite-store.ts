import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { keepPrivate } from "#src/kit/private-file.ts";
import type { AuthStore, FailureRecord, KeyRecord, SessionRecord, UserRecord } from "./store.ts";

/** The AuthStore as `auth.db` in the data folder; `:memory:` for a gateway that should remember nobody. */
export function openAuthStore(path: string): AuthStore {
  // Whoever can read the signing secret can be anybody, so nobody else on this machine may.
  if (path !== ":memory:") keepPrivate(path);
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;");
  db.exec(`
    CREATE TABLE IF NOT EXISTS record (kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, name)) STRICT;
    CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
  `);
  const list = db.prepare("SELECT body FROM record WHERE kind = ? ORDER BY name");
  const put = db.prepare(
    "INSERT INTO record (kind, name, body) VALUES (?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
  );
  const remove = db.prepare("DELETE FROM record WHERE kind = ? AND name = ?");
  const secret = db.prepare("SELECT value FROM secret WHERE name = ?");
  const putSecret = db.prepare("INSERT OR REPLACE INTO secret (name, value) VALUES (?, ?)");
  const removeSecret = db.prepare("DELETE FROM secret WHERE name = ?");

  const all = <T>(kind: string): readonly T[] => list.all(kind).map((row) => JSON.parse(String(row["body"])) as T);
  const save = (kind: string, name: string, body: object): void => void put.run(kind, name, JSON.stringify(body));
  const blob = (name: string): Uint8Array | undefined => secret.get(name)?.["value"] as Uint8Array | undefined;

  return {
    signingSecret() {
      const known = blob("signing");
      if (known) return known;
      const made = randomBytes(32);
      putSecret.run("signing", made);
      return made;
    },
    users: () => all<UserRecord>("user"),
    putUser: (user) => save("user", user.name, user),
    removeUser: (name) => void remove.run("user", name),
    keys: () => all<KeyRecord>("key"),
    putKey: (key) => save("key", key.name, key),
    removeKey: (name) => void remove.run("key", name),
    sessions: () => all<SessionRecord>("session"),
    putSession: (session) => save("session", session.id, session),
    removeSession: (id) => void remove.run("session", id),
    failures: () => all<FailureRecord>("failures"),
    putFailures(record) {
      if (record.count === 0) remove.run("failures", record.name);
      else save("failures", record.name, record);
    },
    firstTokenHash() {
      const known = blob("first-token");
      return known && Buffer.from(known).toString("utf8");
    },
    setFirstTokenHash(hash) {
      if (hash === undefined) removeSecret.run("first-token");
      else putSecret.run("first-token", Buffer.from(hash, "utf8"));
    },
    close: () => db.close(),
  };
}
