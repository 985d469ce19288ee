import type { AdapterEnv } from "#src/contract/adapter.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { defaultQos, type Qos } from "../rtps/index.ts";
import type { Draft, Message } from "../types/index.ts";
import type { Link } from "../config.ts";
import { topicFits } from "./pattern.ts";
import type { RclLibrary, RclNode, RclPublisher, RclSubscription } from "./rcl-library.ts";
import type { Cancel, NodeInfo, Publisher, ServiceCaller, TopicInfo, TopicListener, Transport } from "./transport.ts";

/** rclnodejs has no event for a topic that appears: the graph is asked. */
const lookEveryMs = 500;

interface Listening {
  readonly pattern: string;
  readonly listener: TopicListener;
  readonly open: Map<string, RclSubscription>;
}

/** ROS 2 through an installed and sourced ROS: for SROS 2, shared memory, discovery servers and other middlewares. */
export class RclTransport implements Transport {
  readonly kind = "rcl";
  readonly lost: Promise<Error>;
  private readonly rcl: RclLibrary;
  private readonly node: RclNode;
  private readonly env: AdapterEnv;
  private readonly listenings = new Set<Listening>();
  private readonly stopLooking: Cancel;
  private received = 0;
  private settleLost!: (error: Error) => void;

  private constructor(rcl: RclLibrary, node: RclNode, env: AdapterEnv) {
    this.rcl = rcl;
    this.node = node;
    this.env = env;
    this.lost = new Promise((resolve) => (this.settleLost = resolve));
    this.stopLooking = env.timers.every(lookEveryMs, () => this.look());
  }

  static async open(link: Link, env: AdapterEnv): Promise<RclTransport> {
    if (process.env.ROS_DISTRO === undefined) {
      throw new GatewayError(
        "not-supported",
        "transport rcl needs a sourced ROS 2 environment (ROS_DISTRO is not set); transport rtps needs none",
      );
    }
    let rcl: RclLibrary;
    try {
      // The name is put together so that nothing but this line ever asks for the package.
      const name = "rclnodejs";
      const loaded = (await import(name)) as { default?: RclLibrary } & RclLibrary;
      rcl = loaded.default ?? loaded;
      process.env.ROS_DOMAIN_ID = String(link.domain);
      await rcl.init();
    } catch (cause) {
      throw new GatewayError(
        "not-supported",
        `rclnodejs could not be started: ${messageOf(cause)}; transport rtps needs no ROS installation`,
        { cause },
      );
    }
    const node = rcl.createNode(link.node, link.namespace);
    node.spin();
    return new RclTransport(rcl, node, env);
  }

  listen(pattern: string, listener: TopicListener): Cancel {
    const listening: Listening = { pattern, listener, open: new Map() };
    this.listenings.add(listening);
    this.look();
    return () => {
      if (!this.listenings.delete(listening)) return;
      for (const subscription of listening.open.values()) this.node.destroySubscription(subscription);
    };
  }

  publisher(topic: string, type: string, qos: Qos = defaultQos): Publisher {
    const publisher: RclPublisher = this.node.createPublisher(type, topic, { qos: this.profile(qos) });
    return {
      get readers() {
        return publisher.subscriptionCount;
      },
      trouble: undefined,
      publish: (draft) => publisher.publish(draft),
      // The middleware below acknowledges on its own; it does not say so to rclnodejs.
      acknowledged: async () => publisher.subscriptionCount > 0,
      close: () => this.node.destroyPublisher(publisher),
    };
  }

  caller(service: string, type: string): ServiceCaller {
    const client = this.node.createClient(type, service);
    return {
      get isAvailable() {
        return client.isServiceServerAvailable();
      },
      call: (request: Draft, withinMs) =>
        new Promise<Message>((resolve, reject) => {
          const cancel = this.env.timers.after(withinMs, () => reject(new Error(`no answer within ${withinMs} ms`)));
          client.sendRequest(request, (answer) => {
            cancel();
            resolve(answer as Message);
          });
        }),
      close: () => this.node.destroyClient(client),
    };
  }

  topics(): TopicInfo[] {
    const unknown = { node: undefined, qos: undefined };
    return this.node.getTopicNamesAndTypes().map(({ name, types }) => ({
      name,
      types,
      publishers: Array.from({ length: this.node.countPublishers(name) }, () => unknown),
      subscribers: Array.from({ length: this.node.countSubscribers(name) }, () => unknown),
    }));
  }

  services(): { name: string; type: string }[] {
    return this.node.getServiceNamesAndTypes().map(({ name, types }) => ({ name, type: types[0] ?? "" }));
  }

  nodes(): NodeInfo[] {
    return this.node.getNodeNamesAndNamespaces().map(({ name, namespace }) => {
      const publishes = this.node.getPublisherNamesAndTypesByNode(name, namespace).map((topic) => topic.name);
      return { name: `${namespace === "/" ? "" : namespace}/${name}`, publishes };
    });
  }

  health(): Readonly<Record<string, unknown>> {
    return {
      transport: this.kind,
      distribution: process.env.ROS_DISTRO,
      middleware: process.env.RMW_IMPLEMENTATION,
      received: this.received,
    };
  }

  async close(): Promise<void> {
    this.stopLooking();
    this.node.destroy();
    this.rcl.shutdown();
    this.settleLost(new Error("the ROS context was shut down"));
  }

  /** Subscribes to what has appeared and lets go of what has gone. */
  private look(): void {
    const found = this.node.getTopicNamesAndTypes().filter(({ name }) => this.node.countPublishers(name) > 0);
    for (const listening of this.listenings) {
      for (const { name, types } of found) {
        if (!listening.open.has(name) && topicFits(listening.pattern, name)) this.subscribe(listening, name, types[0]!);
      }
      for (const [name, subscription] of listening.open) {
        if (found.some((topic) => topic.name === name)) continue;
        listening.open.delete(name);
        this.node.destroySubscription(subscription);
        listening.listener.gone(name);
      }
    }
  }

  private subscribe(listening: Listening, topic: string, type: string): void {
    const { listener } = listening;
    const take = (message: unknown) => {
      this.received++;
      const decode = () => message as Message;
      listener.message({ topic, type, sourceTimeUs: this.env.time.now(), latched: false, payload: new Uint8Array(), decode });
    };
    try {
      // Best effort matches every offer; a reliable one would be silence beside a best-effort publisher.
      const qos = this.profile({ ...defaultQos, reliability: "best-effort" });
      listening.open.set(topic, this.node.createSubscription(type, topic, { qos }, take));
    } catch (error) {
      listener.trouble(topic, "unknown-type", messageOf(error));
    }
  }

  private profile(qos: Qos): unknown {
    const { QoS } = this.rcl;
    return new QoS(
      QoS.HistoryPolicy.RMW_QOS_POLICY_HISTORY_KEEP_LAST,
      qos.depth,
      qos.reliability === "reliable"
        ? QoS.ReliabilityPolicy.RMW_QOS_POLICY_RELIABILITY_RELIABLE
        : QoS.ReliabilityPolicy.RMW_QOS_POLICY_RELIABILITY_BEST_EFFORT,
      QoS.DurabilityPolicy.RMW_QOS_POLICY_DURABILITY_VOLATILE,
    );
  }
}
