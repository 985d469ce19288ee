import { parentPort, workerData } from "node:worker_threads";
import type { FlatWrite, FromWriter, RecordFileOptions, ToWriter } from "./record-protocol.ts";
import type { LineEnd } from "./record-line.ts";
import { assert } from "#src/kit/errors.ts";
import { KnownIds } from "./record-ids.ts";
import { RecordFile } from "./record-file.ts";
import { WriterLine } from "./record-line.ts";

/** What is kept in memory while nothing can be written; beyond it the oldest audit entries are lost, and that is said. */
const heldAtMost = 100_000;
const tryAgainMs = 1_000;
/** Nobody has written for so long: the tables may catch up. */
const quietMs = 20;

// The thread that alone writes control.db. It is told what to write and answers when it is durable, or that it cannot be.
assert(parentPort, "the record's writer runs in a thread of its own");
const { options, line: end, ids } = workerData as { options: RecordFileOptions; line: LineEnd; ids: SharedArrayBuffer };
const line = new WriterLine<FromWriter, ToWriter>(end);
const file = new RecordFile(options);
const known = new KnownIds(ids);
for (const id of file.ids()) known.add(id);
let held: FlatWrite[] = [];
let dropped = 0;
let batch = 0;

/** Room may have come back: what was held goes in first, so that the chain keeps the order of things. */
function catchUp(): boolean {
  if (held.length === 0) return true;
  const lost: FlatWrite[] =
    dropped > 0 ? [{ put: "audit", at: file.head.at, kind: "lost", by: "record", body: JSON.stringify({ entries: dropped }) }] : [];
  const result = file.commit([...lost, ...held]);
  if (!result.durable) return false;
  held = [];
  dropped = 0;
  line.say({ is: "state", head: file.head, state: result.state, reason: "room again" });
  return true;
}

function hold(writes: readonly FlatWrite[]): void {
  held.push(...writes);
  if (held.length <= heldAtMost) return;
  dropped += held.length - heldAtMost;
  held = held.slice(-heldAtMost);
}

function commit(writes: readonly FlatWrite[]): void {
  const result = catchUp() ? file.commit(writes) : ({ durable: false, state: "full", reason: "still full" } as const);
  if (!result.durable) hold(writes);
  const { durable, state, reason } = result;
  line.say({ is: "committed", durable, head: file.head, state, reason, settled: settledUpTo() });
}

/** The newest batch of which everything that is durable stands in the tables. */
function settledUpTo(): number {
  return file.isSettled ? batch : 0;
}

function settle(): void {
  file.settle();
  line.say({ is: "settled", settled: settledUpTo() });
}

/** A quiet moment. */
function rest(): void {
  if (!catchUp()) return;
  const wasSettled = file.isSettled;
  file.tidy();
  if (!wasSettled) line.say({ is: "settled", settled: settledUpTo() });
}

/** False once there is nothing more to do. */
function take(message: ToWriter): boolean {
  if (message.do === "commit") {
    batch = message.batch;
    commit(message.writes);
  } else if (message.do === "limit") file.limit(message.bytes);
  else if (message.do === "settle") settle();
  else {
    catchUp();
    file.close();
    line.say({ is: "closed" });
    return false;
  }
  return true;
}

parentPort.postMessage(file.head);
let isQuiet = false;
for (let goesOn = true; goesOn;) {
  const message = line.hear(held.length > 0 ? tryAgainMs : isQuiet ? Number.POSITIVE_INFINITY : quietMs);
  isQuiet = message === undefined;
  if (message) goesOn = take(message);
  else rest();
}
