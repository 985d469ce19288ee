import type { Room } from "../plant/room.ts";
import { durationText } from "../words/duration-text.ts";
import { clockText, dayAndClockText } from "../words/time-text.ts";

/** Which site this is, which time is shown, and who is looking. */
export function Header({ room }: { room: Room }) {
  const greeting = room.contact.greeting.value;
  const picture = room.shown.value;
  const now = room.now.value;
  const who = greeting?.principal;
  const lost = room.contact.lost.value;
  return (
    <header class="top">
      <strong class="site">{greeting?.site ?? "Plainview"}</strong>
      <span class={`which ${picture.kind} ${lost ? "lost" : ""}`} role="status">
        {picture.kind === "replay" ? "REPLAY · NOT LIVE" : lost ? "NO CONTACT" : "LIVE"}
      </span>
      <time class="clock">{now === undefined ? "--:--:--" : picture.kind === "live" ? clockText(now) : dayAndClockText(now)}</time>
      <ReplayMaker room={room} />
      <span class="fill" />
      {greeting?.notice !== undefined && (
        <span class="notice" title={greeting.notice}>
          No sign-in on this machine: everyone here acts as <b>{who?.role ?? "?"}</b>
        </span>
      )}
      {who && (
        <span class="who" title={`role ${who.role}`}>
          {who.name} · {who.role}
        </span>
      )}
    </header>
  );
}

const stretches = [
  { text: "1 min", seconds: 60 },
  { text: "5 min", seconds: 300 },
  { text: "15 min", seconds: 900 },
  { text: "1 h", seconds: 3_600 },
] as const;

/** Makes a mission over the last minutes and shows it. */
function ReplayMaker({ room }: { room: Room }) {
  if (room.shown.value.kind === "replay") return null;
  const make = async (seconds: number): Promise<void> => {
    const until = room.live.value.clock.now();
    if (until === undefined) return;
    const mission = await room.missions.replayBefore(until, seconds);
    if (mission) room.showMission(mission.id);
  };
  return (
    <span class="replay-maker" role="group" aria-label="Replay the last">
      <span class="soft">Replay the last</span>
      {stretches.map(({ text, seconds }) => (
        <button type="button" key={text} disabled={room.contact.lost.value} onClick={() => void make(seconds)}>
          {text}
        </button>
      ))}
    </span>
  );
}

/** What everybody must know before believing anything else on the screen. */
export function Banners({ room }: { room: Room }) {
  const { contact, missions } = room;
  void room.now.value;
  const heardAt = contact.heardAtMs.value;
  const silence = heardAt === undefined ? "" : ` Last heard ${durationText(Date.now() - heardAt)} ago; nothing below is current.`;
  return (
    <>
      {contact.lost.value && (
        <p class="banner lost" role="alert">
          <b>✕ {contact.words.value}</b>
          {silence}
        </p>
      )}
      {missions.problem.value !== undefined && (
        <p class="banner warn" role="alert">
          <b>▲ Replay:</b> {missions.problem.value}
        </p>
      )}
    </>
  );
}
