import { useEffect, useRef } from "preact/hooks";
import type { CommandFrame } from "#msgs/client/client.ts";
import type { Room } from "../plant/room.ts";
import type { ShownPoint } from "../plant/plant.ts";
import { readingOf } from "./shown-value.tsx";

/** What somebody is about to do, in words, and the frame that does it, made at the moment of saying yes. */
export interface Asked {
  readonly title: string;
  readonly verb: string;
  readonly lines: readonly string[];
  readonly point: ShownPoint;
  readonly frame: () => CommandFrame;
}

/** Asks before anything moves. The safe answer has the focus, Escape is no, and the present value is shown as it changes. */
export function ConfirmDialog(props: { room: Room; asked: Asked | undefined; onAnswer: (frame: CommandFrame | undefined) => void }) {
  const { room, asked, onAnswer } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element || !asked) return;
    element.showModal();
    return () => element.close();
  }, [asked]);
  if (!asked) return null;
  return (
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby="confirm-title"
      onCancel={(event) => {
        event.preventDefault();
        onAnswer(undefined);
      }}
    >
      <h2 id="confirm-title">{asked.title}</h2>
      <Present room={room} point={asked.point} />
      {asked.lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <div class="answers">
        <button type="button" autofocus onClick={() => onAnswer(undefined)}>
          Cancel
        </button>
        <button type="button" class="go" disabled={room.contact.lost.value} onClick={() => onAnswer(asked.frame())}>
          {asked.verb}
        </button>
      </div>
    </dialog>
  );
}

function Present({ room, point }: { room: Room; point: ShownPoint }) {
  const reading = readingOf(room, point);
  return (
    <p class={`present ${reading.trust}`}>
      Now <b>{reading.text}</b> {reading.unit} · {reading.quality}
      {reading.age && ` · ${reading.age} old`}
    </p>
  );
}
