import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { FromReader, ToReader } from "./record-protocol.ts";
import { assert, messageOf } from "#src/kit/errors.ts";
import { auditPage } from "./audit-export.ts";
import { queryCommands } from "./record-rows.ts";

// The thread that scans control.db, so that a question about last year's commands holds up nobody.
assert(parentPort, "the record's reader runs in a thread of its own");
const port = parentPort;
const db = new DatabaseSync(join((workerData as { folder: string }).folder, "control.db"), { readOnly: true });

function answer(message: ToReader): FromReader {
  try {
    if (message.do === "query") return { id: message.id, rows: queryCommands(db, message.filter) };
    return { id: message.id, ...auditPage(db, message.after, message.limit) };
  } catch (error) {
    return { id: message.id, error: messageOf(error) };
  }
}

port.on("message", (message: ToReader) => port.postMessage(answer(message)));
