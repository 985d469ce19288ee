import type { MissionFrame } from "#src/contract/gateway.ts";
import type { Decided, MissionSpeed } from "#msgs/mission.ts";
import type { Timestamp } from "#msgs/time.ts";

/** What the live thread tells a mission's worker. */
export type ToWorker =
  | { readonly do: "start"; readonly from: Timestamp; readonly to: Timestamp; readonly speed: MissionSpeed; readonly play: boolean }
  | { readonly do: "pause" }
  | { readonly do: "resume" }
  | { readonly do: "speed"; readonly speed: MissionSpeed }
  | { readonly do: "stop" };

/** What it hears back. */
export type FromWorker =
  | { readonly is: "frame"; readonly frame: MissionFrame }
  | { readonly is: "ended"; readonly now: Timestamp; readonly decided: { recorded: Decided; recomputed: Decided } }
  | { readonly is: "broke"; readonly message: string };

/** A worker as the live thread sees it; `src/main.ts` makes a thread of it. */
export interface MissionWorker {
  send(message: ToWorker): void;
  close(): Promise<void>;
}

export type SpawnMission = (id: string, hear: (message: FromWorker) => void) => MissionWorker;
