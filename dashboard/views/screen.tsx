import { useEffect } from "preact/hooks";
import type { Room } from "../plant/room.ts";
import { Drawer } from "./drawer.tsx";
import { Faceplate } from "./faceplate.tsx";
import { Banners, Header } from "./header.tsx";
import { PlantTree } from "./plant-tree.tsx";
import { PointTable } from "./point-table.tsx";
import { SignIn } from "./sign-in.tsx";
import { Transport } from "./transport.tsx";
import { Trend } from "./trend.tsx";

/** The whole screen. Its outermost element says which timeline is shown; the frame around everything hangs on that. */
export function Screen({ room }: { room: Room }) {
  const { kind } = room.shown.value;
  const stage = room.stage.value;
  useEffect(() => {
    document.title = `${kind === "replay" ? "REPLAY · " : ""}${room.contact.greeting.value?.site ?? "Plainview"}`;
  }, [kind, room.contact.greeting.value?.site]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== "/" || isTyping(event.target)) return;
      event.preventDefault();
      document.querySelector<HTMLInputElement>("input.filter")?.focus();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
  return (
    <div class={`screen ${kind} ${room.contact.lost.value ? "lost" : ""}`} data-timeline={room.shown.value.timeline} data-stage={stage}>
      <Header room={room} />
      <Banners room={room} />
      <Transport room={room} />
      {stage === "sign-in" ? (
        <SignIn room={room} />
      ) : (
        <main>
          <PlantTree room={room} />
          <div class="middle">
            <PointTable room={room} />
            <Drawer room={room} />
          </div>
          <div class="side">
            <Faceplate room={room} />
            <Trend room={room} />
          </div>
        </main>
      )}
      {kind === "replay" && <div class="replay-frame" aria-hidden="true" />}
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName);
}
