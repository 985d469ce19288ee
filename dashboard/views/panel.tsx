import type { ComponentChildren } from "preact";
import type { Room } from "../plant/room.ts";

/** A part of the screen with its heading. While a mission is shown each of them says so: a part looked at alone must not be taken for now. */
export function Panel(props: {
  room: Room;
  name: string;
  title: ComponentChildren;
  extra?: ComponentChildren;
  /** Shows the present even while a mission is shown, and says that. */
  alwaysLive?: boolean;
  children: ComponentChildren;
}) {
  const replaying = props.room.shown.value.kind === "replay";
  return (
    <section class={`panel ${props.name}`} aria-label={props.name}>
      <header>
        <h2>{props.title}</h2>
        {replaying && (props.alwaysLive ? <span class="badge plain">live</span> : <span class="badge replay">replay</span>)}
        <div class="extra">{props.extra}</div>
      </header>
      {props.children}
    </section>
  );
}
