import { computed, effect, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { ClientError, type Client } from "#msgs/client/client.ts";
import { isEnd } from "#msgs/command.ts";
import type { PointId } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { OverrideJson, Ros2NodeJson } from "#msgs/wire/http.ts";
import { isAlarm } from "./alarms.ts";
import { openContact, type Contact } from "./contact.ts";
import { nodesList, overridesList, type After, type AskedList } from "./lists.ts";
import { openMissions, type MissionDesk } from "./missions.ts";
import { hearMission, openPicture, type Picture } from "./picture.ts";
import { emptyPlant, plantOf } from "./plant.ts";

/** What the table shows: everything, one area or one device. */
export type Focus = { readonly area?: string; readonly device?: string };

/** Everything the views look at, put together. The only thing they are handed. */
export interface Room {
  readonly client: Client;
  readonly contact: Contact;
  /** Absent until the plant was told; "sign-in" when the gateway wants to know who one is. */
  readonly stage: ReadonlySignal<"loading" | "sign-in" | "open">;
  readonly live: ReadonlySignal<Picture>;
  /** The live picture, or the mission's while one is shown. */
  readonly shown: ReadonlySignal<Picture>;
  readonly missions: MissionDesk;
  readonly overrides: AskedList<OverrideJson>;
  readonly nodes: AskedList<Ros2NodeJson>;
  readonly selected: Signal<PointId | undefined>;
  readonly focus: Signal<Focus>;
  /** What time it is on the timeline shown; moves twice a second. */
  readonly now: ReadonlySignal<Timestamp | undefined>;
  showMission(id: string): void;
  showLive(): void;
  /** Once a beat: ages grow, silence is noticed. */
  beat(): void;
}

export interface RoomParts {
  readonly client: Client;
  readonly wallMs: () => number;
  readonly nextFrame: (run: () => void) => void;
  readonly after: After;
}

const overridesEveryBeats = 8;

export function openRoom({ client, wallMs, nextFrame, after }: RoomParts): Room {
  const picture = (timeline: string, plant = live.peek().plant): Picture => openPicture({ client, plant, timeline, wallMs, nextFrame });
  const contact = openContact(client, wallMs);
  const missions = openMissions(client);
  const overrides = overridesList(client.http, after);
  const nodes = nodesList(client.http, after);
  const stage = signal<"loading" | "sign-in" | "open">("loading");
  const live = signal<Picture>(openPicture({ client, plant: emptyPlant, timeline: "live", wallMs, nextFrame }));
  const replay = signal<Picture | undefined>(undefined);
  const shown = computed(() => replay.value ?? live.value);
  const selected = signal<PointId | undefined>(undefined);
  const now = signal<Timestamp | undefined>(undefined);

  let beats = 0;
  const beat = (): void => {
    contact.look();
    now.value = shown.peek().clock.now();
    // What another master puts into a slot that the device itself keeps is told by no frame.
    if (++beats % overridesEveryBeats === 0 && stage.peek() === "open" && !contact.lost.peek()) overrides.askSoon();
  };
  client.on("samples", () => {
    if (now.peek() === undefined) nextFrame(beat);
  });
  effect(() => shown.value.follow(selected.value));
  client.on("state", ({ state }) => {
    if (state === "open") void load();
  });
  client.on("command", ({ timeline, state }) => {
    if (timeline === "live" && isEnd(state)) overrides.askSoon();
  });
  client.on("derived", (frame) => {
    if (frame.timeline === "live" && isAlarm(frame)) void askAlarms();
  });
  client.on("event", ({ timeline, data }) => {
    if (timeline !== "live") return;
    if (data.type === "plant.revised") void load();
    // A slot that stops holding is told by no command of ours.
    if (data.type.startsWith("override.") || data.type.startsWith("slot.")) overrides.askSoon();
  });

  /** Everything that was told before this screen was listening. */
  async function load(): Promise<void> {
    try {
      const { http } = client;
      const [points, devices, commands] = await Promise.all([http.points(), http.devices(), http.commands({ limit: 100 })]);
      const before = live.peek();
      const next = picture("live", plantOf(points, devices));
      next.links.seed(devices);
      next.commands.seed(commands);
      before.close();
      live.value = next;
      stage.value = "open";
      if (replay.peek()) showMission(replay.peek()!.timeline);
    } catch (error) {
      if (error instanceof ClientError && error.status === 401) stage.value = "sign-in";
      // Otherwise the next reconnection asks again, and the banner says that there is no connection.
      return;
    }
    overrides.askSoon();
    nodes.askSoon();
    void missions.load();
    void askAlarms();
  }

  async function askAlarms(): Promise<void> {
    try {
      live.peek().alarms.seed(await client.http.alarms());
    } catch {
      // A gateway without alarms answers 501; what is derived from now on is shown all the same.
    }
  }

  function showMission(id: string): void {
    replay.peek()?.close();
    const mission = missions.get(id);
    const next = picture(id);
    if (mission) hearMission(next.clock, mission);
    // From here on every write that left this screen by mistake would be refused by the gateway as well.
    client.timeline = id;
    replay.value = next;
  }

  return {
    client,
    contact,
    stage,
    live,
    shown,
    missions,
    overrides,
    nodes,
    selected,
    focus: signal<Focus>({}),
    now,
    showMission,
    showLive() {
      replay.peek()?.close();
      client.timeline = "live";
      replay.value = undefined;
    },
    beat,
  };
}
