import { parseTime } from "#msgs/time.ts";
import type { Room } from "../plant/room.ts";
import { dayAndClockText } from "../words/time-text.ts";

/** Replays that were made; showing one turns the whole screen into that time. */
export function Missions({ room }: { room: Room }) {
  const missions = room.missions.list.value;
  const shown = room.shown.value;
  if (missions.length === 0) return <p class="empty">No replay was made yet. “Replay the last …” above makes one.</p>;
  return (
    <div class="rows missions">
      {missions.map((mission) => (
        <div key={mission.id} class="mission-row" data-mission={mission.id}>
          <span class="badge replay">replay</span>
          <b class="what">{mission.title}</b>
          <span class="soft">
            {timeText(mission.from)} to {timeText(mission.to).slice(11)}
          </span>
          <span class="state">{mission.state}</span>
          <span class="why">{mission.message ?? ""}</span>
          {shown.timeline === mission.id ? (
            <button type="button" onClick={() => room.showLive()}>
              Back to live
            </button>
          ) : (
            <button type="button" onClick={() => room.showMission(mission.id)}>
              Show
            </button>
          )}
        </div>
      ))}
    </div>
  );
}

function timeText(text: string): string {
  const at = parseTime(text);
  return at === undefined ? text : dayAndClockText(at);
}
