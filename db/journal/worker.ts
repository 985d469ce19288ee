import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { GatewayError, assert, messageOf, unreachable } from "#src/kit/errors.ts";
import { Appender } from "./appender.ts";
import type { ToMain, ToWorker } from "./messages.ts";
import { planRecovery, readStretch } from "./recovery.ts";
import { trim } from "./retention.ts";
import { openSegments, type Segments } from "./segments.ts";
import { sourceOf, type Source } from "./source.ts";
import { portLog } from "./port-log.ts";
import type { JournalSettings } from "./open.ts";

/** The journal's thread: it alone writes the segments, and the readers that follow them (the database) run in it too. */
assert(parentPort, "this file runs as a worker");
const port = parentPort;
const settings = workerData as JournalSettings;
const say = (message: ToMain, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
const log = portLog(say, "journal");

function start(): void {
  let segments: Segments;
  try {
    segments = openSegments({ folder: settings.folder, segmentBytes: settings.segmentBytes, log });
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : "no-permission";
    say({ type: "refused", code, message: messageOf(error) });
    port.close();
    return;
  }
  const { register, head, damaged } = segments;
  say({ type: "opened", uuid: register.uuid, head, clean: register.clean, keys: register.keys(), bytes: segments.bytes, damaged });
  register.setClean(false);
  run(segments);
}

function run(segments: Segments): void {
  const source = sourceOf(segments, say);
  const appender = new Appender(segments, say, () => {
    try {
      trim(segments, settings, source, log);
    } catch (error) {
      // An old file that cannot be read just now is no reason to stop taking in new ones.
      log.warn("the journal could not look after its old files", { error: messageOf(error) });
    }
    source.grown();
  });
  port.on("message", (first: ToWorker) => {
    // Everything that waits is one transaction: under load commits grow instead of becoming more.
    let message: ToWorker | undefined = first;
    const later: ToWorker[] = [];
    while (message) {
      if (message.type === "append") appender.take(message);
      else later.push(message);
      message = receiveMessageOnPort(port)?.message as ToWorker | undefined;
    }
    appender.commit();
    for (const one of later) handle(one, segments, source, appender);
  });
}

function handle(message: ToWorker, segments: Segments, source: Source, appender: Appender): void {
  switch (message.type) {
    case "append":
      return appender.take(message);
    case "where":
      return answer(message.ask, () => ({
        message: { type: "plan", ask: message.ask, plan: planRecovery(segments, message.version, message.since) },
      }));
    case "read":
      return answer(message.ask, () => {
        const { parcel, next } = readStretch(segments, message.from, message.to);
        return { message: { type: "page", ask: message.ask, parcel, next }, transfer: [parcel.buffer] };
      });
    case "follow":
      // Loaded only now: a gateway without a database never pays for its client.
      source.attach(
        import("../writer/follow.ts").then(({ followJournal }) => followJournal(source, message.database, log.area("database"))),
      );
      return;
    case "close":
      void close(segments, source, appender);
      return;
    default:
      unreachable(message);
  }
}

function answer(ask: number, work: () => { message: ToMain; transfer?: ArrayBuffer[] }): void {
  try {
    const { message, transfer } = work();
    say(message, transfer);
  } catch (error) {
    say({ type: "unanswered", ask, code: error instanceof GatewayError ? error.code : "damaged", message: messageOf(error) });
  }
}

async function close(segments: Segments, source: Source, appender: Appender): Promise<void> {
  await source.close();
  const kept = appender.close();
  segments.close(kept);
  say({ type: "closed" });
  port.close();
  // Whatever still waits on a network ends with the thread.
  setTimeout(() => process.exit(), 50).unref();
}

start();
