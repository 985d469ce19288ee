/** The names of all client frames, free of schemas so that a browser need not load them. The schemas must cover exactly these. */

export const sessionFrameTypes = ["auth", "subscribe", "unsubscribe", "ping"] as const;

export const writeFrameTypes = [
  "valve.actuate",
  "point.write",
  "point.release",
  "device.call",
  "recipe.apply",
  "command.cancel",
  "command.release",
  "command.select",
  "overrides.release",
  "lease.take",
  "lease.renew",
  "lease.hand-over",
  "lease.release",
  "alert.resolve",
  "detection.ack",
] as const;

export const missionFrameTypes = [
  "mission.create",
  "mission.start",
  "mission.pause",
  "mission.resume",
  "mission.stop",
  "mission.setspeed",
  "mission.seek",
  "mission.branch",
] as const;

export type SessionFrameType = (typeof sessionFrameTypes)[number];
export type WriteFrameType = (typeof writeFrameTypes)[number];
export type MissionFrameType = (typeof missionFrameTypes)[number];
export type ClientFrameType = SessionFrameType | WriteFrameType | MissionFrameType;

const writes: ReadonlySet<string> = new Set(writeFrameTypes);
const missions: ReadonlySet<string> = new Set(missionFrameTypes);

/** Frames that could change something in the plant or in what people are told about it. */
export function isWriteFrame<Frame extends { type: string }>(frame: Frame): frame is Extract<Frame, { type: WriteFrameType }> {
  return writes.has(frame.type);
}

export function isMissionFrame<Frame extends { type: string }>(frame: Frame): frame is Extract<Frame, { type: MissionFrameType }> {
  return missions.has(frame.type);
}

export const clientFrameTypes: readonly ClientFrameType[] = [...sessionFrameTypes, ...writeFrameTypes, ...missionFrameTypes];
