import { usPerMs } from "#msgs/time.ts";
import type { Room } from "../plant/room.ts";
import { durationText } from "../words/duration-text.ts";
import { clockText } from "../words/time-text.ts";
import { PointLink } from "./shown-value.tsx";

/** What stands beyond a limit now, the most pressing first. */
export function Alarms({ room }: { room: Room }) {
  const { alarms, kind } = room.shown.value;
  const standing = alarms.standing.value;
  const now = room.now.value;
  if (standing.length === 0) {
    return <p class="empty">{kind === "live" ? "No alarm stands." : "No alarm has come in this stretch of the record so far."}</p>;
  }
  return (
    <div class="rows alarms">
      {standing.map((alarm) => (
        <div key={alarm.id} class={`alarm-row ${alarm.priority}`} data-alarm={alarm.id}>
          <span class={`badge alarm ${alarm.priority}`}>{alarm.priority}</span>
          <time>{clockText(alarm.since)}</time>
          <span class="age">{now === undefined ? "" : durationText(Math.max(0, now - alarm.since) / usPerMs)}</span>
          <b class="what">{alarm.message}</b>
          {alarm.point !== undefined && <PointLink room={room} point={alarm.point} />}
          <span class="soft">{alarm.state}</span>
        </div>
      ))}
    </div>
  );
}
