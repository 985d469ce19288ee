import type { Table } from "#src/kit/table.ts";

/**
 * One link to the outside.
 *
 *   idle ──try──► connecting ──opened──► up ──lost──► waiting ──try──► connecting
 *                     └──failed──► waiting            any ──stop──► stopped
 */
export type LinkPhase = "idle" | "connecting" | "up" | "waiting" | "stopped";
export type LinkEvent = "try" | "opened" | "failed" | "lost" | "stop";

export const linkTable: Table<LinkPhase, LinkEvent> = {
  idle: { try: "connecting", opened: null, failed: null, lost: null, stop: "stopped" },
  connecting: { try: null, opened: "up", failed: "waiting", lost: null, stop: "stopped" },
  up: { try: null, opened: null, failed: null, lost: "waiting", stop: "stopped" },
  waiting: { try: "connecting", opened: null, failed: null, lost: null, stop: "stopped" },
  stopped: { try: "same", opened: "same", failed: "same", lost: "same", stop: "same" },
};

/**
 * One device behind a link. A failed read spoils its points at once; a device that fails again is `down` and only probed,
 * more and more rarely, so that it costs its neighbours nothing.
 *
 *   unknown ──answered──► up ──failed──► doubtful ──failed──► down ──answered──► up
 */
export type DevicePhase = "unknown" | "up" | "doubtful" | "down";
export type DeviceEvent = "answered" | "failed" | "unlinked";

export const deviceTable: Table<DevicePhase, DeviceEvent> = {
  unknown: { answered: "up", failed: "doubtful", unlinked: "same" },
  up: { answered: "same", failed: "doubtful", unlinked: "unknown" },
  doubtful: { answered: "up", failed: "down", unlinked: "unknown" },
  down: { answered: "up", failed: "same", unlinked: "unknown" },
};
