import { parentPort, workerData } from "node:worker_threads";
import type { FlatWrite, FromWriter, RecordFileOptions, ToWriter } from "./record-protocol.ts";
import { assert } from "#src/kit/errors.ts";
import { machineTimers } from "#src/timeline/machine-clocks.ts";
import { RecordFile } from "./record-file.ts";

/** What is kept in memory while nothing can be written; beyond it the oldest audit entries are lost, and that is said. */
const heldAtMost = 100_000;
const tryAgainMs = 1_000;

// The thread that alone writes control.db. It is told what to write and answers when it is durable, or that it cannot be.
assert(parentPort, "the record's writer runs in a thread of its own");
const port = parentPort;
const file = new RecordFile(workerData as RecordFileOptions);
let held: FlatWrite[] = [];
let dropped = 0;

function say(message: FromWriter): void {
  port.postMessage(message);
}

/** Room may have come back: what was held goes in first, so that the chain keeps the order of things. */
function catchUp(): boolean {
  if (held.length === 0) return true;
  const lost: FlatWrite[] =
    dropped > 0 ? [{ put: "audit", at: file.head.at, kind: "lost", by: "record", body: JSON.stringify({ entries: dropped }) }] : [];
  const result = file.commit([...lost, ...held]);
  if (!result.durable) return false;
  held = [];
  dropped = 0;
  say({ is: "state", head: file.head, state: result.state, reason: "room again" });
  return true;
}

function hold(writes: readonly FlatWrite[]): void {
  if (held.length === 0) machineTimers.after(tryAgainMs, retry);
  held.push(...writes);
  if (held.length <= heldAtMost) return;
  dropped += held.length - heldAtMost;
  held = held.slice(-heldAtMost);
}

function retry(): void {
  if (!catchUp()) machineTimers.after(tryAgainMs, retry);
}

function commit(batch: number, writes: readonly FlatWrite[]): void {
  const result = catchUp() ? file.commit(writes) : ({ durable: false, state: "full", reason: "still full" } as const);
  if (!result.durable) hold(writes);
  say({ is: "committed", batch, durable: result.durable, head: file.head, state: result.state, reason: result.reason });
}

port.on("message", (message: ToWriter) => {
  if (message.do === "commit") commit(message.batch, message.writes);
  else if (message.do === "limit") file.limit(message.bytes);
  else {
    catchUp();
    file.close();
    say({ is: "closed" });
    port.close();
  }
});
say({ is: "open", head: file.head });
