import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { Client } from "#msgs/client/client.ts";
import type { ConnectedData } from "#msgs/wire/server-frames.ts";

/** Whether what is on the screen can still be true. */
export interface Contact {
  /** Said by the gateway when the line opened: site, who one is, what is built, notices that must be shown. */
  readonly greeting: ReadonlySignal<ConnectedData | undefined>;
  /** Not in contact: the line is down, or it is open and nothing comes any more. */
  readonly lost: ReadonlySignal<boolean>;
  /** What to say about it. */
  readonly words: ReadonlySignal<string>;
  /** When something was heard last, by this machine's clock. */
  readonly heardAtMs: ReadonlySignal<number | undefined>;
  /** Looks whether the gateway has fallen silent; called with every beat. */
  look(): void;
}

/** The gateway tells the time every second; four missed tellings are not a hiccup any more. */
const silentAfterMs = 4_000;

export function openContact(client: Client, wallMs: () => number): Contact {
  const greeting = signal<ConnectedData | undefined>(undefined);
  const line = signal<{ state: Client["state"]; why: string }>({ state: client.state, why: "" });
  const heardAtMs = signal<number | undefined>(undefined);
  const silent = signal(false);
  /** Ticks come only to those who watch; before the first there is nothing to miss. */
  let ticks = false;
  let tickAtMs = 0;

  const heard = (): void => {
    heardAtMs.value = wallMs();
  };
  client.on("state", ({ state, why = "" }) => {
    line.value = { state, why };
    ticks = false;
    silent.value = false;
  });
  client.on("connected", (data) => {
    greeting.value = data;
    heard();
  });
  client.on("samples", heard);
  client.on("timeline", ({ timeline }) => {
    heard();
    if (timeline !== "live") return;
    ticks = true;
    tickAtMs = wallMs();
    silent.value = false;
  });

  return {
    greeting,
    heardAtMs,
    lost: computed(() => line.value.state !== "open" || silent.value),
    words: computed(() => {
      const { state, why } = line.value;
      if (silent.value) return "The gateway is connected and says nothing.";
      if (state === "waiting") return `No connection to the gateway${why === "" ? "" : ` (${why})`}; trying again.`;
      return state === "connecting" ? "Connecting to the gateway." : "";
    }),
    look() {
      if (ticks && wallMs() - tickAtMs > silentAfterMs) silent.value = true;
    },
  };
}
