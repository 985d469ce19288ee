import { useSignal } from "@preact/signals";
import type { Room } from "../plant/room.ts";
import { stateWords } from "../words/command-text.ts";
import { Alarms } from "./alarms.tsx";
import { Commands } from "./commands.tsx";
import { Links } from "./links.tsx";
import { Missions } from "./missions.tsx";
import { Nodes } from "./nodes.tsx";
import { Overrides } from "./overrides.tsx";
import { stateOf } from "./plant-tree.tsx";

const tabs = ["Alarms", "Commands", "Overrides", "Links", "Replays", "ROS 2"] as const;
type Tab = (typeof tabs)[number];

/** The lists below the table, one at a time; the tabs count what somebody should look at. */
export function Drawer({ room }: { room: Room }) {
  const open = useSignal<Tab>("Commands");
  const replaying = room.shown.value.kind === "replay";
  const offered = tabs.filter((tab) => tab !== "ROS 2" || room.nodes.items.value.length > 0);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    open.value = offered[(offered.indexOf(open.value) + step + offered.length) % offered.length]!;
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab="${open.value}"]`)?.focus();
  };
  return (
    <section class="panel drawer" aria-label="drawer">
      <div class="tabs" role="tablist" onKeyDown={onKeyDown}>
        {offered.map((tab) => (
          <button
            type="button"
            key={tab}
            role="tab"
            data-tab={tab}
            aria-selected={open.value === tab}
            tabIndex={open.value === tab ? 0 : -1}
            onClick={() => (open.value = tab)}
          >
            {tab} <Count room={room} tab={tab} />
          </button>
        ))}
        {replaying && <span class="badge replay">replay</span>}
      </div>
      <div class="scroll" role="tabpanel" aria-label={open.value}>
        <Content room={room} tab={open.value} />
      </div>
    </section>
  );
}

function Content({ room, tab }: { room: Room; tab: Tab }) {
  switch (tab) {
    case "Alarms":
      return <Alarms room={room} />;
    case "Commands":
      return <Commands room={room} />;
    case "Overrides":
      return <Overrides room={room} />;
    case "Links":
      return <Links room={room} />;
    case "Replays":
      return <Missions room={room} />;
    case "ROS 2":
      return <Nodes room={room} />;
  }
}

/** Numbers that ask for nothing are grey. */
function Count({ room, tab }: { room: Room; tab: Tab }) {
  const { count, asks } = countOf(room, tab);
  return count === 0 ? null : <span class={`badge ${asks}`}>{count}</span>;
}

function countOf(room: Room, tab: Tab): { count: number; asks: "plain" | "alarm" | "look" } {
  const picture = room.shown.value;
  switch (tab) {
    case "Alarms":
      return { count: picture.alarms.standing.value.length, asks: "alarm" };
    case "Commands":
      return {
        count: picture.commands.commands.value.filter(({ command }) => stateWords(command.state).attention === "pending").length,
        asks: "plain",
      };
    case "Overrides": {
      const overrides = picture.kind === "live" ? room.overrides.items.value : [];
      return { count: overrides.length, asks: overrides.some(({ inEffect }) => !inEffect) ? "look" : "plain" };
    }
    case "Links":
      return {
        count: [...picture.plant.devices.values()].filter((device) => stateOf(room, device).trust !== "good").length,
        asks: "alarm",
      };
    case "Replays":
      return { count: room.missions.list.value.filter(({ state }) => state === "active").length, asks: "plain" };
    case "ROS 2":
      return { count: room.nodes.items.value.length, asks: "plain" };
  }
}
