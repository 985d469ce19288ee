import type { FragmentAddress } from "./fragments.ts";
import type { Guid } from "../wire/guid.ts";
import type { Channel } from "../net/network.ts";
import type { ReaderProxy } from "./reader-proxy.ts";
import type { Route } from "../net/routes.ts";

/** Where one writer's packets go: every destination once, however many readers are behind it. */
export class Destinations {
  readonly channel: Channel;
  reliableReaders = 0;
  private readonly writerId: number;
  private readonly readers: ReadonlyMap<Guid, ReaderProxy>;
  private known: readonly Route[] = [];

  constructor(writerId: number, channel: Channel, readers: ReadonlyMap<Guid, ReaderProxy>) {
    this.writerId = writerId;
    this.channel = channel;
    this.readers = readers;
  }

  /** To be called when readers come, leave or move. */
  readersChanged(): void {
    const routes = new Map<string, Route>();
    this.reliableReaders = 0;
    for (const { link, reliable } of this.readers.values()) {
      if (link.route !== undefined) routes.set(link.route.key, link.route);
      if (reliable) this.reliableReaders++;
    }
    this.known = [...routes.values()];
  }

  routes(): readonly Route[] {
    return this.known;
  }

  everybody(): FragmentAddress {
    return { readerId: 0, writerId: this.writerId, channel: this.channel, routes: () => this.known };
  }

  only(reader: ReaderProxy): FragmentAddress {
    const routes = () => (reader.link.route === undefined ? [] : [reader.link.route]);
    return { readerId: reader.readerId, writerId: this.writerId, channel: this.channel, routes };
  }
}
