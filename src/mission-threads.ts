import { Worker } from "node:worker_threads";
import type { FromWorker, SpawnMission } from "#replay/worker-messages.ts";
import type { MissionThread } from "#src/mission-worker.ts";

const closeWithinMs = 1_000;

/** Each mission runs in a thread of its own, so that the live thread stays responsive however fast a replay goes. */
export function missionThreads(about: { version: string; journalFolder: string; url: () => string | undefined }): SpawnMission {
  return (id, hear) => {
    const url = about.url();
    const { version, journalFolder } = about;
    const workerData: MissionThread = { id, version, journalFolder, ...(url !== undefined && { url }) };
    const worker = new Worker(new URL("./mission-worker.ts", import.meta.url), { workerData, name: id });
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.on("message", (message: FromWorker) => hear(message));
    worker.on("error", (error) => hear({ is: "broke", message: error.message }));
    return {
      send: (message) => worker.postMessage(message),
      async close() {
        worker.postMessage({ do: "stop" });
        const hard = setTimeout(() => void worker.terminate(), closeWithinMs);
        await ended;
        clearTimeout(hard);
      },
    };
  };
}
