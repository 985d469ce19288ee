import { usPerMs } from "#msgs/time.ts";
import type { Room } from "../plant/room.ts";
import type { ShownDevice } from "../plant/plant.ts";
import { durationText } from "../words/duration-text.ts";
import { Mark, stateOf } from "./plant-tree.tsx";

/** Every device with its link: since when it is as it is, why, and what the gateway counts about it. */
export function Links({ room }: { room: Room }) {
  const { plant } = room.shown.value;
  const rows = [...plant.devices.values()].map((device) => ({ device, state: stateOf(room, device) }));
  const order = { bad: 0, unknown: 1, uncertain: 2, good: 3 } as const;
  rows.sort((one, other) => order[one.state.trust] - order[other.state.trust]);
  return (
    <div class="rows links">
      {rows.map(({ device, state }) => (
        <LinkRow key={device.id} room={room} device={device} trust={state.trust} />
      ))}
    </div>
  );
}

function LinkRow({ room, device, trust }: { room: Room; device: ShownDevice; trust: ReturnType<typeof stateOf>["trust"] }) {
  const { links, kind } = room.shown.value;
  const link = links.devices.value.get(device.id) ?? links.adapters.value.get(device.adapter);
  const now = room.now.value;
  const since = link?.since !== undefined && now !== undefined ? durationText(Math.max(0, now - link.since) / usPerMs) : "";
  return (
    <div class={`link-row ${trust}`}>
      <Mark trust={trust} />
      <button type="button" class="link id" onClick={() => (room.focus.value = { device: device.id })}>
        {device.id}
      </button>
      <span class="protocol">{device.protocol}</span>
      <span class="soft">{device.adapter}</span>
      <span class="state">{link?.state ?? (kind === "replay" ? "not told yet" : "connecting")}</span>
      <span class="age right">{since}</span>
      <span class="why">{link?.reason ?? ""}</span>
      <span class="soft">{kind === "live" ? countsText(device.told) : ""}</span>
    </div>
  );
}

/** What newer gateways add to a device; older ones say nothing and nothing is shown. */
function countsText(told: ShownDevice["told"]): string {
  const counters = (told as { counters?: { requests?: unknown; points?: unknown; errors?: unknown } }).counters;
  if (!counters) return `${told.points} points`;
  const errors = Object.values((counters.errors ?? {}) as Record<string, number>).reduce((sum, count) => sum + count, 0);
  return `${told.points} points · ${String(counters.requests ?? 0)} requests · ${errors} errors`;
}
