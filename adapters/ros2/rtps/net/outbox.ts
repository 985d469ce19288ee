import { prefixBytes, MessageWriter } from "../wire/message-writer.ts";
import type { GuidPrefix } from "../wire/guid.ts";
import type { Channel } from "./network.ts";
import type { Route } from "./routes.ts";

/** The way to one remote participant. The route changes when the participant moves and is missing while it may not be reached. */
export interface Link {
  readonly prefix: GuidPrefix;
  readonly channel: Channel;
  readonly route: Route | undefined;
}

/** What readers and writers send with. */
export interface Outbox {
  message(capacity: number): MessageWriter;
  send(message: MessageWriter, link: Link): void;
  sendTo(message: MessageWriter, route: Route, channel: Channel): void;
}

export class NetworkOutbox implements Outbox {
  private readonly prefix: Buffer;
  private readonly network: { send(bytes: Buffer, route: Route, channel: Channel): void };

  constructor(prefix: GuidPrefix, network: { send(bytes: Buffer, route: Route, channel: Channel): void }) {
    this.prefix = prefixBytes(prefix);
    this.network = network;
  }

  message(capacity: number): MessageWriter {
    return new MessageWriter(this.prefix, capacity);
  }

  send(message: MessageWriter, link: Link): void {
    if (link.route !== undefined) this.network.send(message.bytes(), link.route, link.channel);
  }

  sendTo(message: MessageWriter, route: Route, channel: Channel): void {
    this.network.send(message.bytes(), route, channel);
  }
}
