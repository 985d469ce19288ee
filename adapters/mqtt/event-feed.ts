import type { DeviceEvent } from "#src/contract/adapter.ts";
import type { Cancel } from "#src/contract/clock.ts";

/** Device events on their way to whoever listens; told before anybody does, they are not kept. */
export class EventFeed {
  private readonly listeners = new Set<(event: DeviceEvent) => void>();

  readonly tell = (event: DeviceEvent): void => {
    for (const listener of this.listeners) listener(event);
  };

  listen(push: (event: DeviceEvent) => void): Cancel {
    this.listeners.add(push);
    return () => void this.listeners.delete(push);
  }
}
