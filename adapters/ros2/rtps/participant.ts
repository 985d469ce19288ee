import { Announcer } from "./discovery/announcer.ts";
import type { Cancel, Environment } from "./environment.ts";
import type { EndpointData } from "./wire/endpoint-data.ts";
import { EndpointDiscovery } from "./discovery/endpoint-discovery.ts";
import type { EventListener, LossReason, ParticipantEvent } from "./events.ts";
import { entityKinds, isBuiltin, prefixOf, type Guid, type GuidPrefix } from "./wire/guid.ts";
import { readerHealth, writerHealth, type Health } from "./health.ts";
import { Liveliness } from "./discovery/liveliness.ts";
import { Matcher } from "./discovery/matcher.ts";
import { MemoryBudget } from "./reading/memory-budget.ts";
import type { Network } from "./net/network.ts";
import { NetworkOutbox } from "./net/outbox.ts";
import { OutboundQueue } from "./net/outbound-queue.ts";
import type { ResolvedOptions } from "./options.ts";
import { ownBuiltinEndpoints, type ParticipantData } from "./wire/participant-data.ts";
import type { EndpointSpec, Participant, ReaderSpec } from "./participant-types.ts";
import { discoveryPort, userPort } from "./net/ports.ts";
import { defaultQos } from "./qos.ts";
import { LocalReader, type ReaderContext } from "./reading/reader.ts";
import { Receiver } from "./receiver.ts";
import type { RemoteParticipant } from "./discovery/remote-participant.ts";
import { RemoteEndpoints } from "./discovery/remote-endpoints.ts";
import { Roster } from "./discovery/roster.ts";
import type { Routes } from "./net/routes.ts";
import { ownVendor } from "./wire/submessage.ts";
import { LocalWriter } from "./writing/writer.ts";
import { WrittenDeadlines } from "./writing/written-deadlines.ts";
import type { WriterContext } from "./writing/writer-types.ts";

const leaseCheckMs = 200;

/** The parts of one participant, put together. What they do is in their files; here is who hears of what. */
export class DomainParticipant implements Participant {
  readonly prefix: GuidPrefix;
  readonly receiver: Receiver;
  private readonly options: ResolvedOptions;
  private readonly env: Environment;
  private readonly network: Network;
  private readonly routes: Routes;
  private readonly roster: Roster;
  private readonly matcher: Matcher;
  private readonly remoteEndpoints: RemoteEndpoints;
  private readonly discovery: EndpointDiscovery;
  private readonly liveliness: Liveliness;
  private readonly announcer: Announcer;
  private readonly budget: MemoryBudget;
  private readonly queue: OutboundQueue;
  private readonly readerContext: ReaderContext;
  private readonly writerContext: WriterContext;
  private readonly deadlines: WrittenDeadlines;
  private readonly writers = new Map<number, LocalWriter>();
  private readonly readers = new Map<number, LocalReader>();
  private readonly listeners = new Set<EventListener>();
  private userData: string | undefined;
  private nextEntity = 1;
  private leaseTimer: Cancel | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    prefix: GuidPrefix,
    options: ResolvedOptions,
    userData: string | undefined,
    env: Environment,
    network: Network,
    routes: Routes,
  ) {
    this.prefix = prefix;
    this.options = options;
    this.userData = userData;
    this.env = env;
    this.network = network;
    this.routes = routes;
    const { limits } = options;
    const outbox = new NetworkOutbox(prefix, network);
    const report = (event: ParticipantEvent) => this.report(event);
    this.budget = new MemoryBudget(limits.reassemblyBytes);
    this.queue = new OutboundQueue(env, limits.outboundBytes);
    this.readerContext = { env, outbox, limits, budget: this.budget, report };
    this.writerContext = { env, limits, outbox, queue: this.queue };
    const contexts = { reader: this.readerContext, writer: this.writerContext };
    this.matcher = new Matcher({ routes, writers: this.writers, readers: this.readers, report });
    this.remoteEndpoints = new RemoteEndpoints({ limits, matcher: this.matcher, find: (of) => this.roster.get(of), report });
    this.discovery = new EndpointDiscovery(prefix, {
      ...contexts,
      announced: (endpoint) => this.remoteEndpoints.announced(endpoint),
      retracted: (guid) => this.remoteEndpoints.retracted(guid),
      malformed: (error) => this.receiver.countMalformed(error),
    });
    this.liveliness = new Liveliness(prefix, contexts, (of) => this.roster.get(of));
    this.deadlines = new WrittenDeadlines(env, report);
    this.roster = new Roster({
      env,
      limits,
      routes,
      report,
      joined: (remote) => this.joined(remote),
      moved: () => this.routesChanged(),
      left: (remote, reason) => this.left(remote, reason),
    });
    this.receiver = new Receiver({ prefix, domain: options.domain, env, roster: this.roster, writer: (id) => this.writerById(id) });
    this.announcer = new Announcer(
      { prefix, outbox, network, env, routes },
      options,
      () => this.describe(),
      () => this.roster.all(),
    );
  }

  start(): void {
    this.announcer.start();
    const check = () => {
      this.roster.expire();
      this.leaseTimer = this.env.after(leaseCheckMs, check);
    };
    this.leaseTimer = this.env.after(leaseCheckMs, check);
  }

  listen(listener: EventListener): Cancel {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  createWriter(spec: EndpointSpec): LocalWriter {
    const entityId = this.newEntityId(entityKinds.writer);
    const { topic, type, qos = defaultQos } = spec;
    const wrote = this.deadlines.watch(entityId, qos, { topic, prefix: this.prefix });
    const writer = new LocalWriter(
      { prefix: this.prefix, entityId, topic, type, qos, channel: "user" },
      { ...this.writerContext, ...wrote },
    );
    this.writers.set(entityId, writer);
    this.promiseLiveliness();
    this.discovery.announce({ kind: "writer", guid: writer.guid, topic, type, qos, userData: spec.userData, locators: [] });
    this.matcher.meetLocal(writer, this.roster.all());
    return writer;
  }

  createReader(spec: ReaderSpec): LocalReader {
    const entityId = this.newEntityId(entityKinds.reader);
    const { topic, type, qos = defaultQos, onSample } = spec;
    const reader = new LocalReader({ prefix: this.prefix, entityId, topic, type, qos, onSample }, this.readerContext);
    this.readers.set(entityId, reader);
    this.discovery.announce({ kind: "reader", guid: reader.guid, topic, type, qos, userData: spec.userData, locators: [] });
    this.matcher.meetLocal(reader, this.roster.all());
    return reader;
  }

  remove(endpoint: LocalWriter | LocalReader): void {
    const isWriter = "history" in endpoint;
    if (!(isWriter ? this.writers : this.readers).delete(endpoint.entityId)) return;
    this.matcher.partLocal(endpoint, this.roster.all());
    endpoint.close();
    this.deadlines.drop(endpoint.entityId);
    this.discovery.retract(isWriter ? "writer" : "reader", endpoint.guid);
    this.promiseLiveliness();
  }

  participants(): ParticipantData[] {
    return [...this.roster.all()].map(({ data }) => data);
  }

  endpoints(): EndpointData[] {
    return [...this.roster.all()].flatMap((remote) => [...remote.endpoints.values()]);
  }

  participantOf(guid: Guid): ParticipantData | undefined {
    return this.roster.get(prefixOf(guid))?.data;
  }

  setUserData(userData: string): void {
    this.userData = userData;
    this.announcer.again();
  }

  health(): Health {
    return {
      participants: this.roster.size,
      remoteEndpoints: this.remoteEndpoints.count,
      network: { ...this.network.counters },
      malformed: this.receiver.malformed,
      refused: {
        participants: this.roster.refused,
        unreachableParticipants: this.roster.unreachable,
        endpoints: this.remoteEndpoints.refused,
        locators: this.routes.refusedLocators,
        reassembly: this.budget.refusals,
        outbound: this.queue.refusals,
      },
      reassemblyBytes: this.budget.used,
      readers: [...this.readers.values()].map(readerHealth),
      writers: [...this.writers.values()].map(writerHealth),
      incompatible: [...this.matcher.incompatible.values()],
    };
  }

  close(silently = false): Promise<void> {
    this.closing ??= this.shutDown(silently);
    return this.closing;
  }

  private async shutDown(silently: boolean): Promise<void> {
    if (silently) this.network.close();
    this.receiver.close();
    this.leaseTimer?.();
    for (const endpoint of [...this.writers.values(), ...this.readers.values()]) endpoint.close();
    this.announcer.stop();
    this.discovery.close();
    this.liveliness.close();
    this.deadlines.close();
    // What was handed to the sockets leaves before they are closed.
    await new Promise<void>((resolve) => this.env.soon(resolve));
    this.network.close();
    this.listeners.clear();
  }

  private describe(): ParticipantData {
    const { domain, interfaces, leaseMs, name } = this.options;
    const { participantId } = this.network;
    return {
      prefix: this.prefix,
      domain,
      vendor: ownVendor,
      name,
      userData: this.userData,
      leaseMs,
      builtinEndpoints: ownBuiltinEndpoints,
      discoveryLocators: interfaces.map((host) => ({ host, port: discoveryPort(domain, participantId) })),
      userLocators: interfaces.map((host) => ({ host, port: userPort(domain, participantId) })),
    };
  }

  private joined(remote: RemoteParticipant): void {
    this.announcer.to(remote);
    this.discovery.join(remote);
    this.liveliness.join(remote);
  }

  private left(remote: RemoteParticipant, reason: LossReason): void {
    this.remoteEndpoints.left(remote, reason);
    this.discovery.part(remote);
    this.liveliness.part(remote);
  }

  private routesChanged(): void {
    const all = [...this.writers.values(), ...this.discovery.writers, this.liveliness.pair.writer];
    for (const writer of all) writer.routesChanged();
  }

  private writerById(entityId: number): LocalWriter | undefined {
    if (!isBuiltin(entityId)) return this.writers.get(entityId);
    return [...this.discovery.writers, this.liveliness.pair.writer].find((writer) => writer.entityId === entityId);
  }

  private promiseLiveliness(): void {
    const leases = [...this.writers.values()].filter(({ qos }) => qos.liveliness === "automatic").map(({ qos }) => qos.livelinessLeaseMs);
    this.liveliness.promise(Math.min(Infinity, ...leases));
  }

  private newEntityId(kind: number): number {
    return (this.nextEntity++ << 8) | kind;
  }

  private report(event: ParticipantEvent): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.env.log.error("a listener threw", { event: event.kind, error: error instanceof Error ? error.message : String(error) });
      }
    }
  }
}
