import { isEnd } from "#msgs/command.ts";
import { usPerMs } from "#msgs/time.ts";
import type { Followed } from "../plant/command-log.ts";
import type { Room } from "../plant/room.ts";
import { readAct, stateWords } from "../words/command-text.ts";
import { durationText } from "../words/duration-text.ts";
import { clockText } from "../words/time-text.ts";
import { unitText } from "../words/unit-text.ts";
import { valueText } from "../words/value-text.ts";
import { PointLink } from "./shown-value.tsx";

/** The last commands of the timeline shown: who wanted what, and what became of it. */
export function Commands({ room }: { room: Room }) {
  const commands = room.shown.value.commands.commands.value;
  if (commands.length === 0) {
    return (
      <p class="empty">{room.shown.value.kind === "live" ? "No commands yet." : "No commands in this stretch of the record so far."}</p>
    );
  }
  return (
    <div class="rows commands">
      {commands.slice(0, 100).map((followed) => (
        <CommandRow key={followed.command.id} room={room} followed={followed} />
      ))}
    </div>
  );
}

export function CommandRow({ room, followed, isShort = false }: { room: Room; followed: Followed; isShort?: boolean }) {
  const { command, begunAt, steps } = followed;
  const { word, attention, means } = stateWords(command.state);
  const last = steps.at(-1);
  const took = last && isEnd(command.state) && last.at > begunAt ? ` after ${durationText((last.at - begunAt) / usPerMs)}` : "";
  const waits = attention === "pending" && room.now.value !== undefined ? ` for ${durationText((room.now.value - begunAt) / usPerMs)}` : "";
  return (
    <div class={`command-row ${attention}`} data-command={command.id} data-state={command.state} title={means}>
      <time>{clockText(begunAt)}</time>
      {!isShort && <PointLink room={room} point={readAct(command).target} />}
      <span class="what">{whatText(room, command)}</span>
      <span class={`state ${attention}`}>
        {attentionMark[attention]} {word}
        {took}
        {waits}
      </span>
      <span class="why">{whyText(room, followed)}</span>
      {!isShort && <span class="by">{command.by}</span>}
    </div>
  );
}

const attentionMark = { pending: "…", done: "✓", look: "▲", wrong: "✕" } as const;

function whatText(room: Room, command: Followed["command"]): string {
  const act = readAct(command);
  if (act.do === "release") return `release priority ${command.priority}`;
  if (act.do === "call") return `${act.method ?? ""}()`;
  const point = room.shown.value.plant.points.get(act.target);
  const text = point ? `${valueText(point, act.value)} ${unitText(point.unit)}`.trim() : String(act.value ?? "");
  return `→ ${text}`;
}

/** Why it did not end as asked, or what the plant showed when it did. */
function whyText(room: Room, { command }: Followed): string {
  const { observed, heldBy, message, state } = command;
  const point = observed && room.shown.value.plant.points.get(observed.point);
  const shown = observed
    ? `${observed.point} showed ${point ? `${valueText(point, observed.value)} ${unitText(point.unit)}`.trim() : String(observed.value)}`
    : "";
  if (state === "confirmed") return shown;
  const holder = heldBy ? `priority ${heldBy.priority} holds ${String(heldBy.value)}` : "";
  return [message, message ? "" : holder || shown].filter(Boolean).join(" · ");
}
