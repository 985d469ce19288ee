import { chmodSync, closeSync, existsSync, openSync } from "node:fs";

/** What SQLite keeps beside a database file. It makes them with the mode of the file itself, and leaves older ones as they are. */
const beside = ["-wal", "-shm", "-journal"];

/** Makes the file if there is none, and lets its owner alone read and write it and what SQLite keeps beside it. */
export function keepPrivate(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  for (const file of [path, ...beside.map((ending) => path + ending)]) if (existsSync(file)) chmodSync(file, 0o600);
}
