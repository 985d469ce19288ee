import type { EndpointData } from "../wire/endpoint-data.ts";
import type { ParticipantEvent } from "../events.ts";
import { entityIdOf, prefixOf } from "../wire/guid.ts";
import type { Locator } from "../wire/locator.ts";
import { unmetPolicies } from "../qos-match.ts";
import type { Link } from "../net/outbox.ts";
import type { LocalReader } from "../reading/reader.ts";
import { MutableLink, type RemoteParticipant } from "./remote-participant.ts";
import type { Routes } from "../net/routes.ts";
import type { LocalWriter } from "../writing/writer.ts";

export interface MatcherContext {
  readonly routes: Routes;
  readonly writers: ReadonlyMap<number, LocalWriter>;
  readonly readers: ReadonlyMap<number, LocalReader>;
  report(event: ParticipantEvent): void;
}

/** Brings our endpoints together with remote ones of the same topic, or says why they cannot be. */
export class Matcher {
  private readonly context: MatcherContext;
  /** Pairs that could not be matched, by `local guid + remote guid`: told once, listed in health while both exist. */
  readonly incompatible = new Map<string, Extract<ParticipantEvent, { kind: "incompatible" }>>();

  constructor(context: MatcherContext) {
    this.context = context;
  }

  /** A remote endpoint is new or has changed its mind. */
  meetRemote(endpoint: EndpointData, remote: RemoteParticipant): void {
    if (endpoint.kind === "writer") {
      for (const reader of this.context.readers.values()) this.tryReader(reader, endpoint, remote);
    } else for (const writer of this.context.writers.values()) this.tryWriter(writer, endpoint, remote);
  }

  /** One of our endpoints is new. */
  meetLocal(local: LocalWriter | LocalReader, remotes: Iterable<RemoteParticipant>): void {
    for (const remote of remotes) {
      for (const endpoint of remote.endpoints.values()) {
        if ("history" in local) this.tryWriter(local, endpoint, remote);
        else this.tryReader(local, endpoint, remote);
      }
    }
  }

  partRemote(endpoint: EndpointData, remote: RemoteParticipant): void {
    for (const reader of this.context.readers.values()) this.partReader(reader, endpoint, remote);
    for (const writer of this.context.writers.values()) this.partWriter(writer, endpoint);
    for (const key of [...this.incompatible.keys()]) if (key.endsWith(endpoint.guid)) this.incompatible.delete(key);
  }

  partLocal(local: LocalWriter | LocalReader, remotes: Iterable<RemoteParticipant>): void {
    for (const remote of remotes) {
      for (const endpoint of remote.endpoints.values()) {
        if ("history" in local) this.partWriter(local, endpoint);
        else this.partReader(local, endpoint, remote);
      }
    }
    for (const key of [...this.incompatible.keys()]) if (key.startsWith(local.guid)) this.incompatible.delete(key);
  }

  private tryReader(reader: LocalReader, endpoint: EndpointData, remote: RemoteParticipant): void {
    if (endpoint.kind !== "writer" || endpoint.topic !== reader.topic) return;
    if (!this.agree(reader, endpoint, unmetPolicies(endpoint.qos, reader.qos))) {
      this.partReader(reader, endpoint, remote);
      return;
    }
    if (!reader.match(endpoint, this.linkTo(endpoint, remote))) return;
    remote.hear(entityIdOf(endpoint.guid), { reader, matched: reader.writers.get(endpoint.guid)! });
    this.context.report({ kind: "matched", local: reader.guid, endpoint });
  }

  private tryWriter(writer: LocalWriter, endpoint: EndpointData, remote: RemoteParticipant): void {
    if (endpoint.kind !== "reader" || endpoint.topic !== writer.topic) return;
    if (!this.agree(writer, endpoint, unmetPolicies(writer.qos, endpoint.qos))) {
      this.partWriter(writer, endpoint);
      return;
    }
    if (writer.readers.has(endpoint.guid)) return;
    writer.match({
      guid: endpoint.guid,
      readerId: entityIdOf(endpoint.guid),
      link: this.linkTo(endpoint, remote),
      reliable: endpoint.qos.reliability === "reliable" && writer.qos.reliability === "reliable",
      wantsHistory: endpoint.qos.durability !== "volatile" && writer.qos.durability !== "volatile",
    });
    this.context.report({ kind: "matched", local: writer.guid, endpoint });
  }

  /** Whether type and policies allow the two to talk; tells when they do not, once per pair. */
  private agree(local: LocalWriter | LocalReader, endpoint: EndpointData, policies: ReturnType<typeof unmetPolicies>): boolean {
    const key = local.guid + endpoint.guid;
    if (local.type === endpoint.type && policies.length === 0) {
      this.incompatible.delete(key);
      return true;
    }
    if (this.incompatible.has(key)) return false;
    const unmet = local.type === endpoint.type ? policies : [];
    const event = { kind: "incompatible", local: local.guid, endpoint, policies: unmet, localType: local.type } as const;
    this.incompatible.set(key, event);
    this.context.report(event);
    return false;
  }

  private partReader(reader: LocalReader, endpoint: EndpointData, remote: RemoteParticipant): void {
    if (!reader.unmatch(endpoint.guid)) return;
    remote.unhear(entityIdOf(endpoint.guid), reader);
    this.context.report({ kind: "unmatched", local: reader.guid, endpoint });
  }

  private partWriter(writer: LocalWriter, endpoint: EndpointData): void {
    if (!writer.readers.has(endpoint.guid)) return;
    writer.unmatch(endpoint.guid);
    this.context.report({ kind: "unmatched", local: writer.guid, endpoint });
  }

  /** The participant's own way, which follows it when it moves, unless the endpoint really listens somewhere else. */
  private linkTo(endpoint: EndpointData, remote: RemoteParticipant): Link {
    const same = (a: Locator, b: Locator) => a.host === b.host && a.port === b.port;
    const elsewhere = endpoint.locators.filter((locator) => !remote.data.userLocators.some((known) => same(known, locator)));
    if (elsewhere.length === 0 || elsewhere.length < endpoint.locators.length) return remote.user;
    const route = this.context.routes.choose(endpoint.locators, remote.fromLoopback);
    return route === undefined ? remote.user : new MutableLink(prefixOf(endpoint.guid), "user", route);
  }
}
