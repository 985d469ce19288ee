import type { MissionState } from "#msgs/mission.ts";
import type { Table } from "#src/kit/table.ts";

/**
 * A mission's life. A completed mission can be started again: it plays its window from the beginning.
 *
 *   draft ──start──► active ◄──pause/resume──► paused
 *                      │ ▲ └──ended──► completed ──start──► active
 *                      └─┴──broke──► failed
 */
export type MissionEvent = "start" | "pause" | "resume" | "stop" | "ended" | "broke";

export const missionTable: Table<MissionState, MissionEvent> = {
  draft: { start: "active", pause: null, resume: null, stop: "completed", ended: null, broke: "failed" },
  active: { start: "same", pause: "paused", resume: "same", stop: "completed", ended: "completed", broke: "failed" },
  paused: { start: "active", pause: "same", resume: "active", stop: "completed", ended: "completed", broke: "failed" },
  completed: { start: "active", pause: null, resume: null, stop: "same", ended: "same", broke: "failed" },
  failed: { start: null, pause: null, resume: null, stop: "same", ended: "same", broke: "same" },
};

/** Whether a person may do this now; the table's null cells, asked beforehand. */
export function allows(state: MissionState, event: MissionEvent): boolean {
  return missionTable[state][event] !== null;
}
