/** The tables of control.db. Times are microseconds, bodies are JSON as it was said. */
export const recordSchema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA auto_vacuum = NONE;
  CREATE TABLE IF NOT EXISTS command (
    id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, by TEXT NOT NULL, asker TEXT NOT NULL, target TEXT NOT NULL,
    state TEXT NOT NULL, asked_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, refused TEXT, step TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS command_asked ON command (asked_at);
  CREATE INDEX IF NOT EXISTS command_target ON command (target, asked_at);
  CREATE INDEX IF NOT EXISTS command_by ON command (by, asked_at);
  CREATE INDEX IF NOT EXISTS command_open ON command (state, asked_at) WHERE state IN ('recorded', 'held', 'released', 'sending', 'sent');
  CREATE TABLE IF NOT EXISTS slot (
    point TEXT NOT NULL, priority INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (point, priority)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS audit (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, by TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS checkpoint (
    seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, at INTEGER NOT NULL, key TEXT NOT NULL, signature TEXT NOT NULL
  );
`;

export const openStates = ["recorded", "held", "released", "sending", "sent"] as const;
