import { useSignal } from "@preact/signals";
import { parseTime, usPerMs } from "#msgs/time.ts";
import type { OverrideJson } from "#msgs/wire/http.ts";
import type { CommandFrame } from "#msgs/client/client.ts";
import type { Room } from "../plant/room.ts";
import { remainingText } from "../words/duration-text.ts";
import { clockText } from "../words/time-text.ts";
import { unitText } from "../words/unit-text.ts";
import { valueText } from "../words/value-text.ts";
import { ConfirmDialog, type Asked } from "./confirm-dialog.tsx";
import { PointLink } from "./shown-value.tsx";

/** Every point somebody holds, what is left of it, and whether the plant follows. */
export function Overrides({ room }: { room: Room }) {
  if (room.shown.value.kind === "replay") return <p class="empty">Overrides are shown live only: this list is of now, not of then.</p>;
  const { items, problem } = room.overrides;
  return (
    <div class="rows overrides">
      {problem.value !== undefined && <p class="refusal">✕ The list could not be asked for: {problem.value}</p>}
      {items.value.map((override) => (
        <OverrideRow key={override.id} room={room} override={override} isNamed />
      ))}
      {items.value.length === 0 && problem.value === undefined && <p class="empty">Nobody holds anything.</p>}
    </div>
  );
}

export function OverrideRow({ room, override, isNamed = false }: { room: Room; override: OverrideJson; isNamed?: boolean }) {
  const asked = useSignal<Asked | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const point = room.live.value.plant.points.get(override.point);
  const ends = override.expiresAt === null ? undefined : parseTime(override.expiresAt);
  const now = room.now.value;
  const left = ends === undefined ? "until released" : now === undefined ? "" : `${remainingText((ends - now) / usPerMs)} left`;
  const value = point ? `${valueText(point, override.value)} ${unitText(point.unit)}`.trim() : String(override.value);

  const release = (): void => {
    if (!point) return;
    asked.value = {
      title: `Release ${override.point} at priority ${override.priority}?`,
      verb: "Release",
      lines: [`It is held at ${value} by ${override.by}. What holds next decides then; with nothing held, the default.`],
      point,
      frame: () => ({ type: "point.release", point: override.point, priority: override.priority, timeline: room.shown.value.timeline }),
    };
  };
  const answer = (frame: CommandFrame | undefined): void => {
    asked.value = undefined;
    if (!frame) return;
    room.client.command(frame).then(
      ({ ack }) => void (problem.value = ack.status === "rejected" ? (ack.message ?? ack.code) : undefined),
      (error: unknown) => void (problem.value = error instanceof Error ? error.message : String(error)),
    );
  };
  return (
    <div class={`override-row ${override.inEffect ? "" : "look"}`} data-override={override.point}>
      <span class="badge held">held {override.priority}</span>
      {isNamed && <PointLink room={room} point={override.point} />}
      <b class="what">{value}</b>
      <span class="left">{left}</span>
      <span class="why" title={override.reason}>
        {problem.value !== undefined ? `✕ ${problem.value}` : heldText(override)}
      </span>
      <button type="button" disabled={room.contact.lost.value || !point} onClick={release}>
        Release…
      </button>
      <ConfirmDialog room={room} asked={asked.value} onAnswer={answer} />
    </div>
  );
}

/** What is to be said beside the value: first whether the plant follows it, then who and why. */
function heldText({ inEffect, why, by, since, reason }: OverrideJson): string {
  const follows = inEffect ? "" : why === "not known" ? "▲ not known whether the plant follows" : `▲ ${why ?? "not in effect"}`;
  return [follows, `${by} since ${sinceText(since)}`, reason ?? ""].filter(Boolean).join(" · ");
}

function sinceText(since: string): string {
  const at = parseTime(since);
  return at === undefined ? since : clockText(at);
}
