import { describe, expect, it } from "vitest";
import type { FromWorker, ToWorker } from "./worker-messages.ts";
import { missionStates } from "#msgs/mission.ts";
import { allows, missionTable } from "./mission-table.ts";
import { MissionBook } from "./missions.ts";

/** A book whose workers are plain lists of what they were told. */
function book() {
  const told: ToWorker[] = [];
  const hear: ((message: FromWorker) => void)[] = [];
  let closed = 0;
  const missions = new MissionBook((_id, listener) => {
    hear.push(listener);
    return { send: (message) => told.push(message), close: async () => void closed++ };
  });
  const create = () => missions.create({ title: "t", from: 100, to: 200, by: "me" });
  return { missions, create, told, hear, closed: () => closed };
}

const decided = { recorded: { count: 1, hash: "a" }, recomputed: { count: 1, hash: "a" } };

describe("the book of missions", () => {
  it("tells the worker where to begin, how fast, and whether to play", async () => {
    const { missions, create, told } = book();
    const { id } = create();
    await missions.setSpeed(id, 4);
    expect(told).toEqual([]);
    expect(await missions.start(id)).toMatchObject({ state: "active", speed: 4, now: 100 });
    expect(told).toEqual([{ do: "start", from: 100, to: 200, speed: 4, play: true }]);
  });

  it("pauses, seeks while paused, and goes on from there", async () => {
    const { missions, create, told } = book();
    const { id } = create();
    await missions.start(id);
    await missions.pause(id);
    expect(await missions.seek(id, 150)).toMatchObject({ state: "paused", now: 150 });
    expect(told.at(-1)).toMatchObject({ do: "start", from: 150, play: false });
    expect(await missions.start(id)).toMatchObject({ state: "active" });
    expect(told.at(-1)).toEqual({ do: "resume" });
  });

  it("keeps what was decided when the window ends, and plays it from the beginning when started again", async () => {
    const { missions, create, told, hear, closed } = book();
    const { id } = create();
    await missions.start(id);
    hear[0]!({ is: "ended", now: 200, decided });
    expect(missions.get(id)).toMatchObject({ state: "completed", now: 200, decided });
    expect(closed()).toBe(1);
    const again = await missions.start(id);
    expect(again).toMatchObject({ state: "active", now: 100 });
    expect(again.decided).toBeUndefined();
    expect(told.at(-1)).toMatchObject({ do: "start", from: 100 });
  });

  it("says why a mission failed and lets it do nothing more", async () => {
    const { missions, create, hear } = book();
    const { id } = create();
    await missions.start(id);
    hear[0]!({ is: "broke", message: "the recording is damaged" });
    expect(missions.get(id)).toMatchObject({ state: "failed", message: "the recording is damaged" });
    await expect(missions.start(id)).rejects.toThrow("a mission that is failed cannot start");
  });

  it("refuses what cannot be done now, with the reason", async () => {
    const { missions, create } = book();
    const { id } = create();
    await expect(missions.pause(id)).rejects.toThrow("a mission that is draft cannot pause");
    await expect(missions.seek(id, 300)).rejects.toThrow(/outside the mission's window/);
    await expect(missions.start("mission-99")).rejects.toThrow("there is no mission mission-99");
  });

  it("runs only so many side by side", async () => {
    const { missions, create } = book();
    const ids = Array.from({ length: 5 }, () => create().id);
    for (const id of ids.slice(0, 4)) await missions.start(id);
    await expect(missions.start(ids[4]!)).rejects.toThrow(/4 missions are running/);
    await missions.stop(ids[0]!);
    expect(await missions.start(ids[4]!)).toMatchObject({ state: "active" });
  });

  it("answers every event in every state", () => {
    for (const state of missionStates) {
      for (const event of ["start", "pause", "resume", "stop", "ended", "broke"] as const) {
        expect(allows(state, event)).toBe(missionTable[state][event] !== null);
      }
    }
  });
});
