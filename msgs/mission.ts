import type { Timestamp } from "./time.ts";

export const missionStates = ["draft", "active", "paused", "completed", "failed"] as const;
export type MissionState = (typeof missionStates)[number];

/** A factor on real time from 0.01 to 1000, or as fast as the record can be read. */
export type MissionSpeed = number | "max";

export interface Mission {
  readonly id: string;
  readonly title: string;
  readonly type: "replay";
  readonly state: MissionState;
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly now: Timestamp;
  readonly speed: MissionSpeed;
  readonly sourceIncidentId?: string;
  /** What was decided in the stretch that was replayed: then, and now. Equal hashes mean the same decisions to the byte. */
  readonly decided?: { readonly recorded: Decided; readonly recomputed: Decided };
  /** Why it failed, for a person. */
  readonly message?: string;
}

export interface Decided {
  readonly count: number;
  readonly hash: string;
}
