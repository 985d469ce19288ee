import { useSignal } from "@preact/signals";
import { parseTime } from "#msgs/time.ts";
import type { MissionSpeed } from "#msgs/mission.ts";
import type { MissionJson } from "#msgs/wire/values.ts";
import type { Room } from "../plant/room.ts";
import { clockText, dayAndClockText } from "../words/time-text.ts";

const speeds: readonly MissionSpeed[] = [0.1, 0.5, 1, 2, 5, 10, 60, 1000, "max"];

/** The bar that is there whenever a mission is shown: what it is, how fast, how far, and the way back to now. */
export function Transport({ room }: { room: Room }) {
  const picture = room.shown.value;
  if (picture.kind === "live") return null;
  const mission = room.missions.get(picture.timeline);
  return (
    <div class="transport" role="region" aria-label="Replay">
      <span class="badge replay big">Replay</span>
      {mission ? <Controls room={room} mission={mission} /> : <b>This mission is gone: the gateway was started anew.</b>}
      <LiveState room={room} />
      <button type="button" class="back" onClick={() => room.showLive()}>
        Back to live
      </button>
    </div>
  );
}

function Controls({ room, mission }: { room: Room; mission: MissionJson }) {
  const dragged = useSignal<number | undefined>(undefined);
  const from = parseTime(mission.from) ?? 0;
  const to = parseTime(mission.to) ?? 0;
  const now = Math.min(to, Math.max(from, room.now.value ?? from));
  const { id, state } = mission;
  const runs = state === "active";
  const seek = (at: number): void => {
    dragged.value = undefined;
    room.shown.value.clear();
    void room.missions.seek(id, Math.round(at));
  };
  const play = (): void => {
    if (state === "completed") room.shown.value.clear();
    void room.missions.turn(id, runs ? "pause" : state === "paused" ? "resume" : "start");
  };
  return (
    <>
      <span class="mission-title" title={mission.title}>
        {dayAndClockText(from).slice(0, 10)} · {mission.title}
      </span>
      <button type="button" class="play" disabled={state === "failed"} aria-label={runs ? "Pause" : "Play"} onClick={play}>
        {runs ? "❚❚ Pause" : state === "completed" ? "↻ Again" : "▶ Play"}
      </button>
      <label>
        <span class="soft">Speed</span>
        <select
          value={String(mission.speed)}
          onChange={({ currentTarget: { value } }) => void room.missions.setSpeed(id, value === "max" ? "max" : Number(value))}
        >
          {speeds.map((speed) => (
            <option key={speed} value={String(speed)}>
              {speed === "max" ? "as fast as it goes" : `${speed} ×`}
            </option>
          ))}
        </select>
      </label>
      <span class="soft">{clockText(from)}</span>
      <input
        type="range"
        class="seek"
        aria-label="Instant of the record"
        aria-valuetext={clockText(dragged.value ?? now)}
        min={from}
        max={to}
        step={1e5}
        value={dragged.value ?? now}
        onInput={(event) => (dragged.value = Number(event.currentTarget.value))}
        onChange={(event) => seek(Number(event.currentTarget.value))}
      />
      <span class="soft">{clockText(to)}</span>
      <b class="mission-now">{clockText(dragged.value ?? now)}</b>
      <span class="mission-state">{state === "failed" ? `failed: ${mission.message ?? ""}` : state}</span>
    </>
  );
}

/** What goes on in the plant meanwhile: whoever looks at the past must not miss the present. */
function LiveState({ room }: { room: Room }) {
  const standing = room.live.value.alarms.standing.value.length;
  if (standing === 0) return null;
  return (
    <span class="badge alarm" role="status">
      live: {standing} {standing === 1 ? "alarm" : "alarms"}
    </span>
  );
}
