import { signal, type ReadonlySignal } from "@preact/signals";
import type { Client } from "#msgs/client/client.ts";
import type { MissionFrame } from "#msgs/client/client.ts";
import { formatTime, usPerSecond, type Timestamp } from "#msgs/time.ts";
import type { MissionSpeed } from "#msgs/mission.ts";
import type { MissionJson } from "#msgs/wire/values.ts";
import { clockText } from "../words/time-text.ts";

/** The missions there are, and what a person does with them. */
export interface MissionDesk {
  readonly list: ReadonlySignal<readonly MissionJson[]>;
  /** The last refusal, for a person; gone with the next success. */
  readonly problem: ReadonlySignal<string | undefined>;
  get(id: string): MissionJson | undefined;
  load(): Promise<void>;
  /** A replay of the time before `until`, made and started. Undefined when it was refused. */
  replayBefore(until: Timestamp, seconds: number): Promise<MissionJson | undefined>;
  turn(id: string, verb: "start" | "pause" | "resume" | "stop"): Promise<boolean>;
  setSpeed(id: string, speed: MissionSpeed): Promise<boolean>;
  seek(id: string, to: Timestamp): Promise<boolean>;
}

export function openMissions(client: Client): MissionDesk {
  const list = signal<readonly MissionJson[]>([]);
  const problem = signal<string | undefined>(undefined);

  function put(mission: MissionJson): void {
    const known = list.peek();
    list.value = known.some(({ id }) => id === mission.id)
      ? known.map((old) => (old.id === mission.id ? mission : old))
      : [mission, ...known];
  }

  async function ask(frame: MissionFrame): Promise<MissionJson | undefined> {
    try {
      const answer = await client.request(frame);
      if (answer.status === "rejected") {
        problem.value = answer.message ?? "refused";
        return undefined;
      }
      problem.value = undefined;
      const mission = answer.data["mission"] as MissionJson;
      put(mission);
      return mission;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  client.on("mission", ({ mission }) => put(mission));

  return {
    list,
    problem,
    get: (id) => list.value.find((mission) => mission.id === id),
    async load() {
      try {
        const known = await client.http.missions();
        list.value = known.toSorted((one, other) => other.from.localeCompare(one.from));
      } catch {
        // A gateway without missions answers 501: there are none to show then.
        list.value = [];
      }
    },
    async replayBefore(until, seconds) {
      const from = until - seconds * usPerSecond;
      const title = `${clockText(from)} to ${clockText(until)}`;
      const made = await ask({ type: "mission.create", title, from: formatTime(from), to: formatTime(until) });
      return made && ask({ type: "mission.start", missionId: made.id });
    },
    turn: async (missionId, verb) => (await ask({ type: `mission.${verb}`, missionId })) !== undefined,
    setSpeed: async (missionId, speed) => (await ask({ type: "mission.setspeed", missionId, speed })) !== undefined,
    seek: async (missionId, to) => (await ask({ type: "mission.seek", missionId, to: formatTime(to) })) !== undefined,
  };
}
