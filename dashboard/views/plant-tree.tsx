import type { Room } from "../plant/room.ts";
import type { ShownArea, ShownDevice } from "../plant/plant.ts";
import { addTallies, worstOf, type Tally } from "../plant/tallies.ts";
import { nameText } from "../words/name-text.ts";
import { trustMark, trustOfLink, worse, type Trust } from "../words/trust.ts";
import { Panel } from "./panel.tsx";

/** Areas and devices, each with the worst that is to be said about it. */
export function PlantTree({ room }: { room: Room }) {
  const { plant } = room.shown.value;
  const { area, device } = room.focus.value;
  return (
    <Panel room={room} name="plant" title="Plant">
      <nav class="scroll tree">
        <button type="button" class="row all" aria-current={!area && !device} onClick={() => (room.focus.value = {})}>
          <span class="name">Everything</span>
          <span class="count">{plant.inOrder.length}</span>
        </button>
        {plant.areas.map((shown) => (
          <AreaPart key={shown.id} room={room} area={shown} />
        ))}
      </nav>
    </Panel>
  );
}

function AreaPart({ room, area }: { room: Room; area: ShownArea }) {
  const states = area.devices.map((device) => stateOf(room, device));
  const worst = states.reduce<Trust>((sum, { trust }) => worse(sum, trust), "good");
  const focus = room.focus.value;
  return (
    <div class="area">
      <button
        type="button"
        class={`row area-row ${worst}`}
        aria-current={focus.area === area.id && !focus.device}
        onClick={() => (room.focus.value = { area: area.id })}
      >
        <Mark trust={worst} />
        <span class="name">{nameText(area.id)}</span>
        <Count
          alarms={states.reduce((sum, state) => sum + state.alarms, 0)}
          text={countText(addTallies(states.map(({ tally }) => tally)))}
        />
      </button>
      {area.devices.map((device, i) => (
        <DeviceRow key={device.id} room={room} device={device} state={states[i]!} />
      ))}
    </div>
  );
}

function DeviceRow({ room, device, state }: { room: Room; device: ShownDevice; state: DeviceState }) {
  const { trust, why, tally, alarms } = state;
  return (
    <button
      type="button"
      class={`row device-row ${trust}`}
      data-device={device.id}
      data-trust={trust}
      aria-current={room.focus.value.device === device.id}
      title={`${device.title} · ${device.protocol} · ${why}`}
      onClick={() => (room.focus.value = { device: device.id })}
    >
      <Mark trust={trust} />
      <span class="name">{device.id}</span>
      <Count alarms={alarms} text={trust === "good" ? device.protocol : why === "" ? countText(tally) : why} />
    </button>
  );
}

export interface DeviceState {
  readonly trust: Trust;
  /** In two words, for the row. */
  readonly why: string;
  readonly tally: Tally;
  /** Alarms that stand on its points. */
  readonly alarms: number;
}

function Count({ alarms, text }: { alarms: number; text: string }) {
  return (
    <span class="count">
      {alarms > 0 && <b class="badge alarm">{alarms === 1 ? "alarm" : `${alarms} alarms`}</b>} {text}
    </span>
  );
}

/** The worse of its link and its points, and the alarms beside it. */
export function stateOf(room: Room, device: ShownDevice): DeviceState {
  const { links, tallies, kind, alarms: known, plant } = room.shown.value;
  const tally = tallies.of(device.id).value;
  const alarms = known.standing.value.filter(({ point }) => plant.points.get(point ?? "")?.device === device.id).length;
  const link = links.devices.value.get(device.id) ?? links.adapters.value.get(device.adapter);
  const points = worstOf(tally);
  if (room.contact.lost.value) return { trust: "unknown", why: "no contact", tally, alarms };
  // A replay is told of links only when they change; its points say the rest.
  const linkTrust = link === undefined && kind === "replay" ? "good" : trustOfLink(link?.state);
  const trust = worse(linkTrust, points);
  return { trust, why: linkTrust === "good" ? "" : (link?.state ?? "not heard"), tally, alarms };
}

export function Mark({ trust }: { trust: Trust }) {
  return (
    <span class={`mark ${trust}`} aria-label={trust} role="img">
      {trustMark[trust]}
    </span>
  );
}

function countText({ bad, uncertain, unknown }: Tally): string {
  if (bad > 0) return `${bad} bad`;
  if (unknown > 0) return `${unknown} unheard`;
  return uncertain > 0 ? `${uncertain} uncertain` : "";
}
