import type { Cancel, Environment } from "../environment.ts";
import { entityIds, type GuidPrefix } from "../wire/guid.ts";
import { parsePeer } from "../wire/locator.ts";
import type { Network } from "../net/network.ts";
import type { Outbox } from "../net/outbox.ts";
import { writeParticipantData, writeParticipantDisposal, type ParticipantData } from "../wire/participant-data.ts";
import { discoveryPort } from "../net/ports.ts";
import type { RemoteParticipant } from "./remote-participant.ts";
import type { Route, Routes } from "../net/routes.ts";

/** Early announcements come quickly, because a peer that starts at the same time may miss the first. */
const earlyMs = [100, 300, 1000];
const slowestMs = 3000;

export interface AnnouncerOptions {
  readonly domain: number;
  readonly initialPeers: readonly string[];
  /** Participant ids tried at a peer that was named without a port. */
  readonly peerParticipants: number;
  readonly leaseMs: number;
}

/** Tells the world about us: to the multicast group, to the configured peers and to everybody we know. */
export class Announcer {
  private readonly prefix: GuidPrefix;
  private readonly outbox: Outbox;
  private readonly network: Network;
  private readonly env: Environment;
  private readonly describe: () => ParticipantData;
  private readonly known: () => Iterable<RemoteParticipant>;
  private readonly peers: readonly Route[];
  private readonly periodMs: number;
  private readonly timers = new Set<Cancel>();
  private sequence = 0;

  constructor(
    parts: { prefix: GuidPrefix; outbox: Outbox; network: Network; env: Environment; routes: Routes },
    options: AnnouncerOptions,
    describe: () => ParticipantData,
    known: () => Iterable<RemoteParticipant>,
  ) {
    this.prefix = parts.prefix;
    this.outbox = parts.outbox;
    this.network = parts.network;
    this.env = parts.env;
    this.describe = describe;
    this.known = known;
    this.periodMs = Math.min(slowestMs, options.leaseMs / 3);
    this.peers = options.initialPeers.flatMap((peer) => peerRoutes(peer, options, parts.routes));
  }

  start(): void {
    this.toAll(this.announcement());
    for (const ms of earlyMs) this.later(ms, () => this.toAll(this.announcement()));
    const again = () => {
      this.toAll(this.announcement());
      this.later(this.periodMs, again);
    };
    this.later(this.periodMs, again);
  }

  /** Answers a newcomer at once instead of at the next round. */
  to(remote: RemoteParticipant): void {
    if (remote.discovery.route !== undefined) this.network.send(this.announcement(), remote.discovery.route, "discovery");
  }

  /** Announces now, because what we say about ourselves has changed. */
  again(): void {
    this.toAll(this.announcement());
  }

  /** Stops announcing and says that we leave. */
  stop(): void {
    for (const cancel of this.timers) cancel();
    this.timers.clear();
    const { payload, inline } = writeParticipantDisposal(this.prefix);
    const message = this.outbox.message(512).timestamp(this.env.wallUs());
    message.data(entityIds.participantReader, entityIds.participantWriter, ++this.sequence, payload, inline, true);
    this.toAll(message.bytes());
  }

  private announcement(): Buffer {
    const payload = writeParticipantData(this.describe());
    const message = this.outbox.message(payload.length + 128).timestamp(this.env.wallUs());
    return message.data(entityIds.participantReader, entityIds.participantWriter, ++this.sequence, payload).bytes();
  }

  private toAll(bytes: Buffer): void {
    this.network.sendMulticast(bytes);
    const routes = new Map(this.peers.map((route) => [route.key, route]));
    for (const { discovery } of this.known()) if (discovery.route !== undefined) routes.set(discovery.route.key, discovery.route);
    for (const route of routes.values()) this.network.send(bytes, route, "discovery");
  }

  private later(ms: number, run: () => void): void {
    const cancel = this.env.after(ms, () => {
      this.timers.delete(cancel);
      run();
    });
    this.timers.add(cancel);
  }
}

function peerRoutes(peer: string, options: AnnouncerOptions, routes: Routes): Route[] {
  const { host, port } = parsePeer(peer);
  const ports =
    port === undefined ? Array.from({ length: options.peerParticipants }, (_, id) => discoveryPort(options.domain, id)) : [port];
  return ports.map((each) => routes.to({ host, port: each })).filter((route) => route !== undefined);
}
