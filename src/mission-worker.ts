import { parentPort, workerData } from "node:worker_threads";
import type { FromWorker, ToWorker } from "#replay/worker-messages.ts";
import { openStore } from "#db/store/open.ts";
import { Runner } from "#replay/runner.ts";
import { assert, messageOf, unreachable } from "#src/kit/errors.ts";
import { silentLog } from "#src/kit/log.ts";
import { openReplay } from "#src/replay-timeline.ts";
import { machineClocks, machineTimers } from "#src/timeline/machine-clocks.ts";

/** What a mission's thread is given. There is nothing in it that could write to a device, and the database role only reads. */
export interface MissionThread {
  readonly id: string;
  readonly version: string;
  /** Absent: the journal alone, which holds the last hours. */
  readonly url?: string;
  readonly journalFolder: string;
}

assert(parentPort, "a mission runs in a worker thread");
const port = parentPort;
const { id, version, url, journalFolder } = workerData as MissionThread;
const store = openStore({ journalFolder, log: silentLog, ...(url !== undefined && { url }) });
let runner: Runner | undefined;

const say = (message: FromWorker): void => port.postMessage(message);

port.on("message", (message: ToWorker) => {
  switch (message.do) {
    case "start":
      return start(message);
    case "pause":
      return runner?.pause();
    case "resume":
      return runner?.play();
    case "speed":
      return runner?.setSpeed(message.speed);
    case "stop":
      runner?.stop();
      return void store.close().then(() => port.close());
    default:
      unreachable(message);
  }
});

function start({ from, to, speed, play }: Extract<ToWorker, { do: "start" }>): void {
  runner?.stop();
  const mine = new Runner(
    {
      id,
      from,
      to,
      store,
      version,
      open: (at) => openReplay(id, version, at),
      realUs: machineClocks.monotonicUs,
      timers: machineTimers,
      send: (frame) => mine === runner && say({ is: "frame", frame }),
    },
    speed,
  );
  runner = mine;
  if (play) mine.play();
  void mine
    .run()
    .then((whole) => whole && mine === runner && say({ is: "ended", now: mine.now, decided: mine.decided }))
    .catch((error: unknown) => mine === runner && say({ is: "broke", message: messageOf(error) }))
    .finally(() => mine.close());
}
