import { signal, type ReadonlySignal } from "@preact/signals";
import type { LinkState } from "#msgs/fact.ts";
import { parseTime, type Timestamp } from "#msgs/time.ts";
import type { DeviceJson } from "#msgs/wire/http.ts";
import type { ServerFrameOf } from "#msgs/wire/server-frames.ts";

export interface LinkSeen {
  readonly state: LinkState;
  readonly since?: Timestamp;
  readonly reason?: string;
}

/** What is known of each adapter's link and of each device behind it. */
export interface Links {
  readonly devices: ReadonlySignal<ReadonlyMap<string, LinkSeen>>;
  readonly adapters: ReadonlySignal<ReadonlyMap<string, LinkSeen>>;
  hear(frame: ServerFrameOf<"link">): void;
  seed(devices: readonly DeviceJson[]): void;
  clear(): void;
}

export function openLinks(): Links {
  const devices = signal<ReadonlyMap<string, LinkSeen>>(new Map());
  const adapters = signal<ReadonlyMap<string, LinkSeen>>(new Map());
  return {
    devices,
    adapters,
    hear({ adapter, device, state, at, reason }) {
      const since = parseTime(at);
      const seen = { state, ...(since !== undefined && { since }), ...(reason !== undefined && { reason }) };
      const which = device === undefined ? adapters : devices;
      which.value = new Map(which.peek()).set(device ?? adapter, seen);
    },
    seed(list) {
      devices.value = new Map(
        list.map(({ id, state, since, reason }) => {
          const at = since === undefined ? undefined : parseTime(since);
          return [id, { state, ...(at !== undefined && { since: at }), ...(reason !== undefined && { reason }) }];
        }),
      );
    },
    clear() {
      devices.value = new Map();
      adapters.value = new Map();
    },
  };
}
