import type { AdapterEnv } from "#src/contract/adapter.ts";
import {
  defaultQos,
  openParticipant,
  prefixOf,
  RosGraph,
  ServiceClient,
  type Environment,
  type Participant,
  type ParticipantEvent,
  type Qos,
  type Writer,
} from "../rtps/index.ts";
import { ddsServiceNames, ddsTopicName, ddsTypeName, rosName, rosTypeName } from "../types/index.ts";
import type { Link } from "../config.ts";
import { EndpointIndex } from "./endpoint-index.ts";
import { incompatibleWords, RtpsListening } from "./rtps-listening.ts";
import type { Cancel, EndpointInfo, NodeInfo, Publisher, ServiceCaller, TopicInfo, TopicListener, Transport } from "./transport.ts";
import type { TypeBook } from "./type-book.ts";

/** ROS 2 over our own RTPS core: nothing of ROS has to be on this machine. */
export class RtpsTransport implements Transport {
  readonly kind = "rtps";
  readonly lost: Promise<Error>;
  private readonly participant: Participant;
  private readonly graph: RosGraph;
  private readonly env: Environment;
  private readonly types: TypeBook;
  private readonly depth: number;
  private readonly index = new EndpointIndex();
  private readonly listenings = new Set<RtpsListening>();
  private readonly writers = new Set<Writer>();
  private readonly clients = new Set<ServiceClient>();
  private readonly troubles = new Map<string, string>();

  private constructor(participant: Participant, link: Link, env: Environment, types: TypeBook) {
    this.participant = participant;
    this.env = env;
    this.types = types;
    this.depth = link.depth;
    // UDP has no connection that could end; the sockets are ours until they are closed.
    this.lost = new Promise(() => {});
    participant.listen((event) => this.see(event));
    for (const endpoint of participant.endpoints()) this.index.see({ kind: "endpoint-found", endpoint });
    this.graph = new RosGraph(participant, { namespace: link.namespace, name: link.node, gidBytes: link.gidBytes });
  }

  static async open(link: Link, env: AdapterEnv, types: TypeBook): Promise<RtpsTransport> {
    const options = {
      domain: link.domain,
      ...(link.interfaces && { interfaces: link.interfaces }),
      ...(link.allowedSubnets && { allowedSubnets: link.allowedSubnets }),
      multicast: link.multicast,
      initialPeers: link.peers,
      leaseMs: link.leaseMs,
      name: link.node,
      userData: "enclave=/;",
    };
    const rtpsEnv = environmentOf(env);
    return new RtpsTransport(await openParticipant(options, rtpsEnv), link, rtpsEnv, types);
  }

  listen(pattern: string, listener: TopicListener): Cancel {
    const { participant, index, types, depth } = this;
    const listening = new RtpsListening(pattern, listener, { participant, index, types, depth, readersChanged: () => this.tellGraph() });
    this.listenings.add(listening);
    this.tellGraph();
    return () => {
      if (!this.listenings.delete(listening)) return;
      listening.close();
      this.tellGraph();
    };
  }

  publisher(topic: string, type: string, qos: Qos = defaultQos): Publisher {
    const encode = this.types.encoder(type);
    const spec = { topic: ddsTopicName(topic), type: ddsTypeName(type), qos, userData: this.types.hashText(type) };
    const writer = this.participant.createWriter(spec);
    this.writers.add(writer);
    this.tellGraph();
    const troubles = this.troubles;
    return {
      get readers() {
        return writer.listening;
      },
      get trouble() {
        return troubles.get(writer.guid);
      },
      publish: (draft) => void writer.write(encode(draft)),
      acknowledged: (withinMs) => writer.acknowledged(withinMs),
      close: () => {
        if (!this.writers.delete(writer)) return;
        this.participant.remove(writer);
        this.tellGraph();
      },
    };
  }

  caller(service: string, type: string): ServiceCaller {
    const names = ddsServiceNames(service);
    const encode = this.types.encoder(`${type}_Request`);
    const decode = this.types.decoder(`${type}_Response`);
    const spec = {
      requestTopic: names.request,
      replyTopic: names.reply,
      requestType: ddsTypeName(`${type}_Request`),
      replyType: ddsTypeName(`${type}_Response`),
      userData: this.types.serviceHashText(type),
    };
    const client = new ServiceClient(this.participant, spec, this.env);
    this.clients.add(client);
    this.tellGraph();
    return {
      get isAvailable() {
        return client.isAvailable;
      },
      call: async (request, withinMs) => decode(await client.call(encode(request), withinMs)),
      close: () => {
        if (!this.clients.delete(client)) return;
        client.close();
        this.tellGraph();
      },
    };
  }

  topics(): TopicInfo[] {
    const found: TopicInfo[] = [];
    for (const topic of this.index.topics()) {
      const name = rosName(topic);
      if (name?.kind !== "topic") continue;
      const [writers, readers] = [this.index.of(topic, "writer"), this.index.of(topic, "reader")];
      const types = new Set([...writers, ...readers].map(({ type }) => rosTypeName(type) ?? type));
      const info = ({ guid, qos }: { guid: string; qos: Qos }): EndpointInfo => ({ node: this.nodeName(guid), qos });
      found.push({ name: name.name, types: [...types], publishers: writers.map(info), subscribers: readers.map(info) });
    }
    return found;
  }

  services(): { name: string; type: string }[] {
    const found: { name: string; type: string }[] = [];
    for (const topic of this.index.topics()) {
      const name = rosName(topic);
      const server = name?.kind === "request" ? this.index.of(topic, "reader")[0] : undefined;
      if (name && server) found.push({ name: name.name, type: (rosTypeName(server.type) ?? server.type).replace(/_Request$/, "") });
    }
    return found;
  }

  nodes(): NodeInfo[] {
    const topics = [...this.index.topics()];
    return this.graph.nodes().map((node) => {
      const writes = (topic: string) => this.index.of(topic, "writer").some(({ guid }) => node.writers.includes(guid));
      const names = topics.filter(writes).map((topic) => rosName(topic));
      return {
        name: `${node.namespace === "/" ? "" : node.namespace}/${node.name}`,
        publishes: names.filter((name) => name?.kind === "topic").map((name) => name!.name),
      };
    });
  }

  health(): Readonly<Record<string, unknown>> {
    const { participants, remoteEndpoints, network, malformed, refused, reassemblyBytes, readers, incompatible } =
      this.participant.health();
    const sum = (field: "received" | "lost" | "duplicates" | "repairRequests") =>
      readers.reduce((total, reader) => total + reader[field], 0);
    return {
      transport: this.kind,
      because: "it needs nothing of ROS on this machine; transport: rcl would use an installed one",
      participants,
      remoteEndpoints,
      network,
      malformed,
      refused,
      reassemblyBytes,
      received: sum("received"),
      lost: sum("lost"),
      duplicates: sum("duplicates"),
      repairRequests: sum("repairRequests"),
      problems: incompatible.map((event) => `${rosName(event.endpoint.topic)?.name ?? event.endpoint.topic}: ${incompatibleWords(event)}`),
    };
  }

  async close(): Promise<void> {
    for (const listening of this.listenings) listening.close();
    this.listenings.clear();
    for (const client of this.clients) client.close();
    this.clients.clear();
    await this.participant.close();
  }

  private see(event: ParticipantEvent): void {
    this.index.see(event);
    for (const listening of [...this.listenings]) listening.see(event);
    if (event.kind === "incompatible") this.troubles.set(event.local, incompatibleWords(event));
    else if (event.kind === "matched") this.troubles.delete(event.local);
  }

  private tellGraph(): void {
    const readers = [...this.listenings].flatMap((listening) => listening.readers.map(({ guid }) => guid));
    const clients = [...this.clients];
    this.graph.setEndpoints(
      [...readers, ...clients.map(({ reader }) => reader.guid)],
      [...[...this.writers].map(({ guid }) => guid), ...clients.map(({ writer }) => writer.guid)],
    );
  }

  private nodeName(guid: string): string | undefined {
    const node = this.graph.nodeOf(guid);
    return node === undefined
      ? this.participant.participantOf(prefixOf(guid))?.name
      : `${node.namespace === "/" ? "" : node.namespace}/${node.name}`;
  }
}

/** The library's outside, made of the adapter's. Without a clock of their own its timers and times are those of the link. */
function environmentOf(env: AdapterEnv): Environment {
  return {
    wallUs: () => env.time.now(),
    monoMs: () => env.time.now() / 1000,
    after: (ms, run) => env.timers.after(ms, run),
    soon: (run) => void setImmediate(run),
    log: {
      info: (message, fields) => env.log.info(message, { ...fields }),
      warn: (message, fields) => env.log.warn(message, { ...fields }),
      error: (message, fields) => env.log.error(message, { ...fields }),
    },
  };
}
