import type { Cancel } from "#src/contract/clock.ts";
import type { MissionFrame, Missions, NewMission } from "#src/contract/gateway.ts";
import type { Mission, MissionSpeed } from "#msgs/mission.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { MissionEvent } from "./mission-table.ts";
import type { FromWorker, MissionWorker, SpawnMission, ToWorker } from "./worker-messages.ts";
import { step } from "#src/kit/table.ts";
import { allows, missionTable } from "./mission-table.ts";

/** Missions kept in memory, and workers running side by side; two cores do not carry more. */
const missionsAtMost = 200;
const runningAtMost = 4;

/** A mission that cannot do what was asked now; the server answers 409 with it. */
export class MissionRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "MissionRefusal";
    this.code = code;
  }
}

interface Held {
  mission: Mission;
  worker: MissionWorker | undefined;
}

/** The live thread's side of all missions: who there is, what they are doing; the work itself happens in worker threads. */
export class MissionBook implements Missions {
  readonly #spawn: SpawnMission;
  readonly #held = new Map<string, Held>();
  readonly #frames = new Set<(frame: MissionFrame) => void>();
  readonly #changes = new Set<(mission: Mission) => void>();
  #next = 1;

  constructor(spawn: SpawnMission) {
    this.#spawn = spawn;
  }

  list(): readonly Mission[] {
    return [...this.#held.values()].map(({ mission }) => mission);
  }

  get(id: string): Mission | undefined {
    return this.#held.get(id)?.mission;
  }

  create({ title, from, to, sourceIncidentId }: NewMission): Mission {
    if (this.#held.size >= missionsAtMost) this.#forgetOldest();
    const id = `mission-${this.#next++}`;
    const mission: Mission = {
      id,
      title,
      type: "replay",
      state: "draft",
      from,
      to,
      now: from,
      speed: 1,
      ...(sourceIncidentId && { sourceIncidentId }),
    };
    this.#held.set(id, { mission, worker: undefined });
    this.#tell(mission);
    return mission;
  }

  async start(id: string): Promise<Mission> {
    const held = this.#find(id, "start");
    if (held.mission.state === "paused") return this.resume(id);
    if (held.mission.state === "active") return held.mission;
    const running = [...this.#held.values()].filter(({ worker }) => worker).length;
    if (!held.worker && running >= runningAtMost) {
      throw new MissionRefusal("too-many", `${runningAtMost} missions are running; stop one first`);
    }
    const { decided: _, ...rest } = held.mission;
    held.mission = { ...rest, now: rest.state === "completed" ? rest.from : rest.now };
    return this.#play(held, held.mission.now, true);
  }

  async pause(id: string): Promise<Mission> {
    return this.#turn(this.#find(id, "pause"), "pause", { do: "pause" });
  }

  async resume(id: string): Promise<Mission> {
    return this.#turn(this.#find(id, "resume"), "resume", { do: "resume" });
  }

  async stop(id: string): Promise<Mission> {
    const held = this.#find(id, "stop");
    this.#turn(held, "stop", { do: "stop" });
    await held.worker?.close();
    held.worker = undefined;
    return held.mission;
  }

  async setSpeed(id: string, speed: MissionSpeed): Promise<Mission> {
    const held = this.#find(id);
    held.worker?.send({ do: "speed", speed });
    return this.#update(held, { speed });
  }

  async seek(id: string, to: Timestamp): Promise<Mission> {
    const held = this.#find(id);
    const { from, to: end, state } = held.mission;
    if (to < from || to > end) throw new MissionRefusal("outside-window", "that instant lies outside the mission's window");
    if (state === "failed") throw new MissionRefusal("failed", held.mission.message ?? "the mission failed");
    if (state === "draft" || state === "completed") return this.#update(held, { now: to, state: "draft" });
    return this.#play(held, to, state === "active");
  }

  onFrame(see: (frame: MissionFrame) => void): Cancel {
    this.#frames.add(see);
    return () => this.#frames.delete(see);
  }

  onChange(see: (mission: Mission) => void): Cancel {
    this.#changes.add(see);
    return () => this.#changes.delete(see);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ worker }) => worker?.close()));
    this.#held.clear();
  }

  #play(held: Held, from: Timestamp, play: boolean): Mission {
    const { id, to, speed } = held.mission;
    held.worker ??= this.#spawn(id, (message) => this.#hear(held, message));
    held.worker.send({ do: "start", from, to, speed, play });
    return this.#update(held, { now: from, state: play ? step(missionTable, held.mission.state, "start") : held.mission.state });
  }

  #hear(held: Held, message: FromWorker): void {
    if (message.is === "frame") {
      held.mission = { ...held.mission, now: message.frame.now };
      for (const see of this.#frames) see(message.frame);
      return;
    }
    const worker = held.worker;
    held.worker = undefined;
    void worker?.close();
    if (message.is === "ended") {
      this.#update(held, { now: message.now, decided: message.decided, state: step(missionTable, held.mission.state, "ended") });
    } else this.#update(held, { message: message.message, state: step(missionTable, held.mission.state, "broke") });
  }

  #turn(held: Held, event: MissionEvent, message: ToWorker): Mission {
    held.worker?.send(message);
    return this.#update(held, { state: step(missionTable, held.mission.state, event) });
  }

  #update(held: Held, change: Partial<Mission>): Mission {
    held.mission = { ...held.mission, ...change };
    this.#tell(held.mission);
    return held.mission;
  }

  #tell(mission: Mission): void {
    for (const see of this.#changes) see(mission);
  }

  #find(id: string, event?: MissionEvent): Held {
    const held = this.#held.get(id);
    if (!held) throw new MissionRefusal("unknown-mission", `there is no mission ${id}`);
    if (event && !allows(held.mission.state, event)) {
      throw new MissionRefusal("not-now", `a mission that is ${held.mission.state} cannot ${event}`);
    }
    return held;
  }

  #forgetOldest(): void {
    for (const [id, { worker }] of this.#held) {
      if (worker) continue;
      this.#held.delete(id);
      return;
    }
    throw new MissionRefusal("too-many", `${missionsAtMost} missions are open; stop one first`);
  }
}
