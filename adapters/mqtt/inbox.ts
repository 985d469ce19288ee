import type { Device, Incoming } from "./device.ts";
import { Router, type Route } from "./router.ts";

/** Messages for devices nobody listens to yet; past this the oldest is left with the broker. */
const mostParked = 1000;

/**
 * Where every message arrives. The broker of a kept session begins to speak as soon as we are there, before anybody could have
 * said that he listens: such a message waits, unacknowledged, for the device's listener.
 */
export class Inbox {
  readonly counters = { messages: 0, unclaimed: 0, overflowed: 0 };
  private router: Router<Device>;
  private parked: Parked[] = [];
  private onlooker: ((message: Incoming) => void) | undefined;

  constructor(devices: Iterable<Device>) {
    this.router = new Router(devices);
  }

  /** Other devices from now on. What waits for one that is made anew waits on for it; what waits for one that is gone concerns nobody. */
  serve(devices: readonly Device[]): void {
    this.router = new Router(devices);
    const waiting = this.parked;
    this.parked = [];
    for (const { message, route, settle } of waiting) {
      const now = this.router.of(message.topic).find(({ target }) => target.plan.id === route.target.plan.id);
      if (now) this.park({ message, route: now, settle });
      else settle(true);
    }
  }

  get waiting(): number {
    return this.parked.length;
  }

  receive(message: Incoming): void {
    this.counters.messages++;
    this.onlooker?.(message);
    const routes = this.router.of(message.topic);
    if (routes.length === 0) {
      this.counters.unclaimed++;
      return message.settle(true);
    }
    const settle = whenAll(routes.length, message.settle);
    for (const route of routes) {
      if (route.target.isAwaited) this.park({ message, route, settle });
      else route.target.hear(message, route.topics, settle);
    }
  }

  /** Sees every message, whoever it is for. */
  look(onlooker: (message: Incoming) => void): () => void {
    this.onlooker = onlooker;
    return () => (this.onlooker = undefined);
  }

  /** Somebody listens to this device now. */
  release(device: Device): void {
    const ready = this.parked.filter(({ route }) => route.target === device);
    this.parked = this.parked.filter(({ route }) => route.target !== device);
    for (const { message, route, settle } of ready) device.hear(message, route.topics, settle);
  }

  private park(parked: Parked): void {
    this.parked.push(parked);
    if (this.parked.length <= mostParked) return;
    this.counters.overflowed++;
    this.parked.shift()!.settle(false);
  }
}

interface Parked {
  readonly message: Incoming;
  readonly route: Route<Device>;
  readonly settle: (isStored: boolean) => void;
}

function whenAll(count: number, settle: (isStored: boolean) => void): (isStored: boolean) => void {
  let open = count;
  let all = true;
  return (isStored) => {
    all &&= isStored;
    if (--open === 0) settle(all);
  };
}
