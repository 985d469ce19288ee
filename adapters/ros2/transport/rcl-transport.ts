import type { AdapterEnv } from "#src/contract/adapter.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { defaultQos, unmetPolicies, type Qos } from "../rtps/index.ts";
import type { Draft, Message } from "../types/index.ts";
import type { Link } from "../config.ts";
import { unmetWords } from "./offered.ts";
import { RclActions, type ActionHalf } from "./rcl-actions.ts";
import { rclType, type RclContext, type RclEndpoint, type RclLibrary, type RclNode } from "./rcl-library.ts";
import { RclListening } from "./rcl-listening.ts";
import { profileOf, qosOf } from "./rcl-qos.ts";
import type { Cancel, EndpointInfo, NodeInfo, Publisher, ServiceCaller, TopicInfo, TopicListener, Transport } from "./transport.ts";
import type { TypeBook } from "./type-book.ts";

/** rclnodejs has no event for a topic that appears: the graph is asked. */
const lookEveryMs = 100;
/** How often it is asked whether everybody has what was sent. */
const ackEveryMs = 2;

/** ROS 2 through an installed and sourced ROS: for SROS 2, shared memory, discovery servers and other middlewares. */
export class RclTransport implements Transport {
  readonly kind = "rcl";
  readonly lost: Promise<Error>;
  private readonly rcl: RclLibrary;
  private readonly context: RclContext;
  private readonly node: RclNode;
  private readonly link: Link;
  private readonly env: AdapterEnv;
  private readonly types: TypeBook;
  private readonly actions: RclActions;
  private readonly listenings = new Set<RclListening>();
  private readonly stopLooking: Cancel;
  private received = 0;
  private settleLost!: (error: Error) => void;

  private constructor(rcl: RclLibrary, context: RclContext, link: Link, env: AdapterEnv, types: TypeBook) {
    this.rcl = rcl;
    this.context = context;
    this.link = link;
    this.env = env;
    this.types = types;
    this.node = rcl.createNode(link.node, link.namespace, context);
    this.node.spin();
    this.actions = new RclActions(rcl, this.node);
    this.lost = new Promise((resolve) => (this.settleLost = resolve));
    this.stopLooking = env.timers.every(lookEveryMs, () => this.look());
  }

  static async open(link: Link, env: AdapterEnv, types: TypeBook): Promise<RclTransport> {
    if (process.env.ROS_DISTRO === undefined) {
      throw new GatewayError(
        "not-supported",
        "transport rcl needs a sourced ROS 2 environment (ROS_DISTRO is not set); transport rtps needs none",
      );
    }
    try {
      // The name is put together so that nothing but this line ever asks for the package.
      const name = "rclnodejs";
      const loaded = (await import(name)) as { default: RclLibrary };
      const rcl = loaded.default;
      // A context of our own: several links are several domains, and the end of one is not the end of the others.
      const context = new rcl.Context(BigInt(link.domain));
      await rcl.init(context, []);
      return new RclTransport(rcl, context, link, env, types);
    } catch (cause) {
      const words = `rclnodejs could not be started: ${messageOf(cause)}; transport rtps needs no ROS installation`;
      throw new GatewayError("not-supported", words, { cause });
    }
  }

  listen(pattern: string, listener: TopicListener): Cancel {
    const { rcl, node, types, link, env } = this;
    const listening = new RclListening(pattern, listener, {
      rcl,
      node,
      types,
      depth: link.depth,
      now: () => env.time.now(),
      publishers: (topic) => node.getPublishersInfoByTopic(topic).filter((endpoint) => !this.isOurs(endpoint)),
      received: () => this.received++,
    });
    this.listenings.add(listening);
    this.look();
    return () => {
      if (this.listenings.delete(listening)) listening.close();
    };
  }

  publisher(topic: string, type: string, qos: Qos = defaultQos): Publisher {
    const { node } = this;
    const encode = this.types.encoder(type);
    const publisher = node.createPublisher(rclType(this.rcl, type), topic, { qos: profileOf(this.rcl, qos) });
    return {
      get readers() {
        return publisher.subscriptionCount;
      },
      get trouble() {
        const requests = node.getSubscriptionsInfoByTopic(topic).map(({ qos_profile }) => qosOf(qos_profile));
        const unmet = requests.map((request) => unmetPolicies(qos, request)).find((policies) => policies.length > 0);
        return unmet && unmetWords(unmet);
      },
      publish: (draft) => publisher.publish(bufferOf(encode(draft))),
      acknowledged: async (withinMs) => {
        const untilUs = this.env.time.now() + withinMs * 1000;
        try {
          while (!publisher.waitForAllAcked(0n)) {
            if (this.env.time.now() >= untilUs) return false;
            await this.env.timers.sleep(ackEveryMs);
          }
          return true;
        } catch {
          // Not every middleware can say; those that cannot still know who listens.
          return publisher.subscriptionCount > 0;
        }
      },
      close: () => node.destroyPublisher(publisher),
    };
  }

  caller(service: string, type: string): ServiceCaller {
    const encode = this.types.encoder(`${type}_Request`);
    const decode = this.types.decoder(`${type}_Request`);
    const half = this.actions.half(service, type) ?? this.client(service, type);
    return {
      get isAvailable() {
        return half.isAvailable;
      },
      // There and back through our own codec: every field is there and has been checked.
      call: (request: Draft, withinMs) => this.inTime(withinMs, (signal) => half.call(decode(encode(request)), signal)),
      close: () => half.close(),
    };
  }

  private client(service: string, type: string): ActionHalf {
    const client = this.node.createClient(rclType(this.rcl, type), service);
    return {
      get isAvailable() {
        return client.isServiceServerAvailable();
      },
      call: (request, signal) => client.sendRequestAsync(request, { signal }),
      close: () => this.node.destroyClient(client),
    };
  }

  private async inTime(withinMs: number, call: (signal: AbortSignal) => Promise<Message>): Promise<Message> {
    const late = new AbortController();
    const lateness = new Promise<never>((_, reject) => {
      late.signal.addEventListener("abort", () => reject(new Error(`no answer within ${withinMs} ms`)));
    });
    const cancel = this.env.timers.after(withinMs, () => late.abort());
    try {
      return await Promise.race([call(late.signal), lateness]);
    } finally {
      cancel();
    }
  }

  topics(): TopicInfo[] {
    const info = (endpoint: RclEndpoint): EndpointInfo => ({
      node: pathOf(endpoint.node_name, endpoint.node_namespace),
      qos: qosOf(endpoint.qos_profile),
    });
    return this.node.getTopicNamesAndTypes().flatMap(({ name, types }) => {
      const publishers = this.node.getPublishersInfoByTopic(name).filter((endpoint) => !this.isOurs(endpoint));
      const subscribers = this.node.getSubscriptionsInfoByTopic(name).filter((endpoint) => !this.isOurs(endpoint));
      if (publishers.length + subscribers.length === 0) return [];
      return [{ name, types, publishers: publishers.map(info), subscribers: subscribers.map(info) }];
    });
  }

  services(): { name: string; type: string }[] {
    return this.node.getServiceNamesAndTypes().map(({ name, types }) => ({ name, type: types[0] ?? "" }));
  }

  nodes(): NodeInfo[] {
    const others = this.node.getNodeNamesAndNamespaces().filter(({ name, namespace }) => !this.isUs(name, namespace));
    return others.map(({ name, namespace }) => ({
      name: pathOf(name, namespace)!,
      publishes: this.publishedBy(name, namespace),
    }));
  }

  health(): Readonly<Record<string, unknown>> {
    return {
      transport: this.kind,
      because: `the site file asks for it, and ROS 2 ${process.env.ROS_DISTRO} is sourced`,
      distribution: process.env.ROS_DISTRO,
      middleware: process.env.RMW_IMPLEMENTATION ?? "the default of the distribution",
      received: this.received,
      problems: [...this.listenings].flatMap((listening) => listening.problems()),
    };
  }

  async close(): Promise<void> {
    this.stopLooking();
    for (const listening of this.listenings) listening.close();
    this.listenings.clear();
    this.rcl.shutdown(this.context);
    this.settleLost(new Error("the ROS context was shut down"));
  }

  private look(): void {
    if (this.listenings.size === 0) return;
    const topics = this.node.getTopicNamesAndTypes().map(({ name }) => name);
    for (const listening of [...this.listenings]) listening.look(topics);
  }

  /** A node can leave between the question who is there and the question what it publishes. */
  private publishedBy(name: string, namespace: string): string[] {
    try {
      return this.node.getPublisherNamesAndTypesByNode(name, namespace).map((topic) => topic.name);
    } catch {
      return [];
    }
  }

  private isOurs({ node_name, node_namespace }: RclEndpoint): boolean {
    return this.isUs(node_name, node_namespace);
  }

  private isUs(name: string, namespace: string): boolean {
    return name === this.link.node && namespace === this.link.namespace;
  }
}

/** A node by its full name; middlewares write placeholders for ends that belong to none. */
function pathOf(name: string, namespace: string): string | undefined {
  if (name === "" || name.startsWith("_NODE_NAME_UNKNOWN_")) return undefined;
  return `${namespace === "/" ? "" : namespace}/${name}`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
