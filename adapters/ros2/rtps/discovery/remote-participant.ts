import type { EndpointData } from "../wire/endpoint-data.ts";
import type { Guid, GuidPrefix } from "../wire/guid.ts";
import type { Link } from "../net/outbox.ts";
import type { ParticipantData } from "../wire/participant-data.ts";
import type { LocalReader, MatchedProxy } from "../reading/reader.ts";
import type { Route, Routes } from "../net/routes.ts";
import { nextState, type StateTable } from "../state-table.ts";

/**
 * The life of a remote participant as we see it.
 *
 *     announced ── answered ──► proven        both ── lease-ran-out | disposed | evicted ──► gone
 *
 * announced: it has told about itself; anybody can send such a packet in any name. proven: it has answered something we sent,
 * so the address is real. Only announced ones are evicted to make room, so that invented participants cannot crowd out robots.
 */
export type RemoteState = "announced" | "proven" | "gone";
export type RemoteEvent = "announced" | "answered" | "lease-ran-out" | "disposed" | "evicted";

export const remoteTable: StateTable<RemoteState, RemoteEvent> = {
  announced: { announced: "same", answered: "proven", "lease-ran-out": "gone", disposed: "gone", evicted: "gone" },
  proven: { announced: "same", answered: "same", "lease-ran-out": "gone", disposed: "gone", evicted: null },
  gone: { announced: "same", answered: "same", "lease-ran-out": "same", disposed: "same", evicted: "same" },
};

/** A writer of this participant as one of our readers hears it. */
export interface Hearing {
  readonly reader: LocalReader;
  readonly matched: MatchedProxy;
}

/** One participant out there: what it said, how it is reached, what it has. */
export class RemoteParticipant {
  readonly prefix: GuidPrefix;
  readonly endpoints = new Map<Guid, EndpointData>();
  /** Who hears which of its writers, by the writer's entity id: looked up for every packet. */
  readonly hearings = new Map<number, Hearing[]>();
  readonly fromLoopback: boolean;
  data: ParticipantData;
  heardMs: number;
  discovery: MutableLink;
  user: MutableLink;
  private current: RemoteState = "announced";

  constructor(data: ParticipantData, fromLoopback: boolean, nowMs: number) {
    this.prefix = data.prefix;
    this.data = data;
    this.fromLoopback = fromLoopback;
    this.heardMs = nowMs;
    this.discovery = new MutableLink(data.prefix, "discovery");
    this.user = new MutableLink(data.prefix, "user");
  }

  get state(): RemoteState {
    return this.current;
  }

  tell(event: RemoteEvent): void {
    this.current = nextState(remoteTable, this.current, event);
  }

  /** Chooses the ways to it; true when one of them is another than before. */
  chooseRoutes(routes: Routes): boolean {
    const discovery = routes.choose(this.data.discoveryLocators, this.fromLoopback);
    const user = routes.choose(this.data.userLocators, this.fromLoopback) ?? discovery;
    const changed = discovery?.key !== this.discovery.route?.key || user?.key !== this.user.route?.key;
    this.discovery.route = discovery;
    this.user.route = user;
    return changed;
  }

  hear(writerId: number, hearing: Hearing): void {
    const list = this.hearings.get(writerId);
    if (list === undefined) this.hearings.set(writerId, [hearing]);
    else list.push(hearing);
  }

  unhear(writerId: number, reader: LocalReader): void {
    const left = (this.hearings.get(writerId) ?? []).filter((hearing) => hearing.reader !== reader);
    if (left.length === 0) this.hearings.delete(writerId);
    else this.hearings.set(writerId, left);
  }
}

/** A link whose route follows the participant. Endpoints with locators of their own get one each. */
export class MutableLink implements Link {
  readonly prefix: GuidPrefix;
  readonly channel: Link["channel"];
  route: Route | undefined;

  constructor(prefix: GuidPrefix, channel: Link["channel"], route?: Route) {
    this.prefix = prefix;
    this.channel = channel;
    this.route = route;
  }
}
