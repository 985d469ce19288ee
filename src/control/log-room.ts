import { closeSync, fdatasyncSync, fstatSync, openSync, writeSync } from "node:fs";

/** A little more than what gathers between two checkpoints, a thousand pages. */
const roomBytes = 5 << 20;
const chunk = Buffer.alloc(1 << 20);

/**
 * Writes the log of an open database out to its working size. To sync a file that grows is to wait for the file system's
 * own journal, and so for whatever everybody else has just written; one that is overwritten in place waits for its own blocks alone.
 * Zeros behind the last frame are to the database what an interrupted write leaves there: nothing.
 */
export function keepRoomForLog(database: string): void {
  const log = openSync(`${database}-wal`, "a", 0o600);
  try {
    for (let { size } = fstatSync(log); size < roomBytes; size += chunk.length) writeSync(log, chunk);
    fdatasyncSync(log);
  } catch {
    // With the disk full there is none to keep, and commits are only slower for it.
  } finally {
    closeSync(log);
  }
}
