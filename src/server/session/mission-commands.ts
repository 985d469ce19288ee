import type { MissionFrame } from "#msgs/wire/client-frames.ts";
import type { Principal } from "#src/contract/control.ts";
import { hasRight } from "../auth/rights.ts";
import { missionJson } from "../json.ts";
import type { MissionAnswer, MissionDesk } from "../missions.ts";
import { notAvailable } from "../not-available.ts";
import type { Reply } from "./reply.ts";

/** Mission frames: the same acts as the HTTP routes, answered with an ack. */
export async function answerMission(frame: MissionFrame, by: Principal, missions: MissionDesk, reply: Reply): Promise<void> {
  if (!hasRight(by, "missions")) {
    return reply.rejected(frame, { code: "no-right", message: `${by.name} (${by.role}) may not make or steer missions` });
  }
  if (frame.type === "mission.branch") return reply.error(notAvailable(frame.type), frame.requestId);
  const answer = await ask(frame, by, missions);
  if ("mission" in answer) return reply.success(frame, { data: { mission: missionJson(answer.mission) } });
  if (answer.kind === "not-available") return reply.error(answer.refused, frame.requestId);
  reply.rejected(frame, answer.refused);
}

function ask(
  frame: Exclude<MissionFrame, { type: "mission.branch" }>,
  by: Principal,
  missions: MissionDesk,
): MissionAnswer | Promise<MissionAnswer> {
  switch (frame.type) {
    case "mission.create":
      return missions.create(frame, by);
    case "mission.start":
      return missions.turn(frame.missionId, "start");
    case "mission.pause":
      return missions.turn(frame.missionId, "pause");
    case "mission.resume":
      return missions.turn(frame.missionId, "resume");
    case "mission.stop":
      return missions.turn(frame.missionId, "stop");
    case "mission.setspeed":
      return missions.setSpeed(frame.missionId, frame.speed);
    case "mission.seek":
      return missions.seek(frame.missionId, frame.to);
  }
}
