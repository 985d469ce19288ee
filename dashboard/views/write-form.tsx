import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { ClientError, type CommandFrame } from "#msgs/client/client.ts";
import { isGood } from "#msgs/quality.ts";
import type { Value } from "#msgs/point.ts";
import type { Room } from "../plant/room.ts";
import type { ShownPoint } from "../plant/plant.ts";
import { unitText } from "../words/unit-text.ts";
import { valueText } from "../words/value-text.ts";
import { ConfirmDialog, type Asked } from "./confirm-dialog.tsx";

/** How long an override may hold; "until released" asks for a reason. */
const holds = [
  { text: "as the site says", ms: undefined },
  { text: "1 min", ms: 60_000 },
  { text: "15 min", ms: 15 * 60_000 },
  { text: "1 h", ms: 3_600_000 },
  { text: "8 h", ms: 8 * 3_600_000 },
  { text: "until released", ms: "released" },
] as const;

/** Value, how long, why; nothing is sent before the dialog was answered. */
export function WriteForm({ room, point }: { room: Room; point: ShownPoint }) {
  const text = useSignal("");
  const hold = useSignal(0);
  const reason = useSignal("");
  const asked = useSignal<Asked | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const form = useRef<HTMLFormElement>(null);
  const isMomentary = point.control?.mode === "momentary";
  const choices = choicesOf(point);
  const unit = unitText(point.unit);
  const heldMs = holds[hold.value]?.ms;

  const ask = (value: Value): void => {
    problem.value = undefined;
    if (heldMs === "released" && reason.value.trim() === "") {
      problem.value = "Say why it should hold until somebody releases it.";
      return;
    }
    const shown = `${valueText(point, value)} ${unit}`.trim();
    asked.value = {
      title: isMomentary ? `Send ${shown} to ${point.id}?` : `Write ${shown} to ${point.id}?`,
      verb: isMomentary ? "Send" : "Write",
      lines: [
        point.title,
        ...(isMomentary ? [] : [holdLine(hold.value)]),
        ...(reason.value.trim() ? [`Reason: ${reason.value.trim()}`] : []),
      ],
      point,
      frame: () => frameOf(room, point, value, { heldMs: isMomentary ? undefined : heldMs, reason: reason.value.trim() }),
    };
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const value = parsed(point, text.value);
    if (value === undefined) problem.value = text.value.trim() === "" ? "Say which value." : `“${text.value}” is not a ${point.kind}.`;
    else ask(value);
  };
  const send = async (frame: CommandFrame): Promise<void> => {
    asked.value = undefined;
    try {
      const { ack } = await room.client.command(frame);
      if (ack.status === "rejected") problem.value = ack.message ?? ack.code ?? "refused";
      else text.value = reason.value = "";
    } catch (error) {
      problem.value = error instanceof ClientError || error instanceof Error ? error.message : String(error);
    }
  };

  return (
    <form class="write" ref={form} onSubmit={submit} aria-label={`Write ${point.id}`}>
      <div class="write-line">
        {choices.length > 0 ? (
          choices.map(({ value, word }) => (
            <button type="button" key={word} disabled={room.contact.lost.value} onClick={() => ask(value)}>
              {word}…
            </button>
          ))
        ) : (
          <>
            <input
              name="value"
              class="value-in"
              inputMode={point.kind === "text" ? "text" : "decimal"}
              autocomplete="off"
              placeholder={rangeText(point)}
              aria-label={`New value${unit ? ` in ${unit}` : ""}`}
              value={text.value}
              onInput={(event) => (text.value = event.currentTarget.value)}
            />
            <span class="unit">{unit}</span>
            <button type="submit" disabled={room.contact.lost.value}>
              Write…
            </button>
          </>
        )}
      </div>
      {!isMomentary && (
        <div class="write-line">
          <label>
            <span class="soft">Hold</span>
            <select value={String(hold.value)} onChange={(event) => (hold.value = Number(event.currentTarget.value))}>
              {holds.map((choice, i) => (
                <option key={choice.text} value={String(i)}>
                  {choice.text}
                </option>
              ))}
            </select>
          </label>
          <input
            class="reason"
            placeholder="Reason"
            aria-label="Reason"
            maxLength={500}
            value={reason.value}
            onInput={(event) => (reason.value = event.currentTarget.value)}
          />
        </div>
      )}
      {problem.value !== undefined && (
        <p class="refusal" role="alert">
          ✕ {problem.value}
        </p>
      )}
      <ConfirmDialog room={room} asked={asked.value} onAnswer={(frame) => (frame ? void send(frame) : (asked.value = undefined))} />
    </form>
  );
}

/** `expected` is what the person sees at the moment of saying yes; the gateway refuses if it is no longer so. */
function frameOf(
  room: Room,
  point: ShownPoint,
  value: Value,
  how: { heldMs: number | "released" | undefined; reason: string },
): CommandFrame {
  const sample = room.live.value.values.get(point.id);
  const seen = sample && isGood(sample.quality) && point.control?.mode !== "momentary" ? sample.value : null;
  return {
    type: "point.write",
    point: point.id,
    value,
    timeline: room.shown.value.timeline,
    ...(seen !== null && { expected: seen }),
    ...(typeof how.heldMs === "number" && { ttlMs: how.heldMs }),
    ...(how.reason !== "" && { reason: how.reason }),
  };
}

function holdLine(index: number): string {
  const hold = holds[index];
  if (hold?.ms === undefined) return "Held as manual override for as long as the site allows, then released by itself.";
  return hold.ms === "released"
    ? "Held as manual override until somebody releases it."
    : `Held as manual override for ${hold.text}, then released by itself.`;
}

interface Choice {
  readonly value: Value;
  readonly word: string;
}

/** A few named values are buttons; everything else is typed. */
function choicesOf(point: ShownPoint): readonly Choice[] {
  if (point.kind === "boolean") return [true, false].map((value) => ({ value, word: capital(valueText(point, value)) }));
  if (point.kind !== "state" || !point.states) return [];
  return Object.entries(point.states).map(([value, word]) => ({ value: Number(value), word: capital(word) }));
}

function parsed(point: ShownPoint, text: string): Value | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (point.kind === "text") return text;
  const number = Number(trimmed.replace(",", "."));
  return Number.isFinite(number) ? number : undefined;
}

function rangeText(point: ShownPoint): string {
  const min = point.control?.limits?.min ?? point.range?.min;
  const max = point.control?.limits?.max ?? point.range?.max;
  return min === undefined || max === undefined ? "new value" : `${min} to ${max}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
