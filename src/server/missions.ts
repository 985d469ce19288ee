import type { Mission } from "#msgs/mission.ts";
import { formatTime, parseTime } from "#msgs/time.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Missions } from "#src/contract/gateway.ts";
import { messageOf } from "#src/kit/errors.ts";
import { notAvailable } from "./not-available.ts";
import type { Refusal, Services } from "./services.ts";

export type MissionAnswer =
  { readonly mission: Mission } | { readonly refused: Refusal; readonly kind: "unknown" | "bad" | "state" | "not-available" };

export type MissionVerb = "start" | "pause" | "resume" | "stop";

/** What HTTP and the socket may ask of missions, with the refusals they share. */
export interface MissionDesk {
  create(about: { title: string; from?: string; to?: string; sourceIncidentId?: string }, by: Principal): MissionAnswer;
  turn(id: string, verb: MissionVerb): Promise<MissionAnswer>;
  setSpeed(id: string, speed: number | "max"): Promise<MissionAnswer>;
  seek(id: string, to: string): Promise<MissionAnswer>;
}

export function openMissionDesk(services: Services): MissionDesk {
  const bad = (message: string): MissionAnswer => ({ kind: "bad", refused: { code: "bad-request", message } });

  async function run(id: string, act: (missions: Missions) => Promise<Mission>): Promise<MissionAnswer> {
    const { missions } = services;
    if (!missions) return { kind: "not-available", refused: notAvailable("missions") };
    if (!missions.get(id)) return { kind: "unknown", refused: { code: "unknown-mission", message: `there is no mission "${id}"` } };
    try {
      return { mission: await act(missions) };
    } catch (error) {
      return { kind: "state", refused: { code: "not-in-this-state", message: messageOf(error) } };
    }
  }

  function stretch(about: { from?: string; to?: string; sourceIncidentId?: string }): { from: number; to: number } | MissionAnswer {
    if (about.sourceIncidentId !== undefined) {
      if (!services.incidents) return { kind: "not-available", refused: notAvailable("incidents") };
      const incident = services.incidents.get(about.sourceIncidentId);
      if (!incident)
        return { kind: "unknown", refused: { code: "unknown-incident", message: `there is no incident "${about.sourceIncidentId}"` } };
      return incident;
    }
    if (about.from === undefined || about.to === undefined) return bad("a mission needs sourceIncidentId, or from and to");
    const from = parseTime(about.from);
    const to = parseTime(about.to);
    if (from === undefined || to === undefined) return bad("from and to must be instants that exist");
    return from < to ? { from, to } : bad("from must be before to");
  }

  return {
    create(about, by) {
      const { missions } = services;
      if (!missions) return { kind: "not-available", refused: notAvailable("missions") };
      const span = stretch(about);
      if ("refused" in span || "mission" in span) return span;
      const source = about.sourceIncidentId === undefined ? {} : { sourceIncidentId: about.sourceIncidentId };
      try {
        return { mission: missions.create({ title: about.title, from: span.from, to: span.to, by: by.name, ...source }) };
      } catch (error) {
        return { kind: "state", refused: { code: "mission-refused", message: messageOf(error) } };
      }
    },
    turn: (id, verb) => run(id, (missions) => missions[verb](id)),
    setSpeed: (id, speed) => run(id, (missions) => missions.setSpeed(id, speed)),
    async seek(id, text) {
      const to = parseTime(text);
      if (to === undefined) return bad(`not an instant that exists: ${text}`);
      const mission = services.missions?.get(id);
      if (mission && (to < mission.from || to > mission.to)) {
        return bad(`the mission covers ${formatTime(mission.from)} to ${formatTime(mission.to)}`);
      }
      return run(id, (missions) => missions.seek(id, to));
    },
  };
}
