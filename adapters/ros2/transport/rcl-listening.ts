import { messageOf } from "#src/kit/errors.ts";
import { unmetPolicies, type Qos } from "../rtps/index.ts";
import { differentTypeWords, maxTopics, sameRequest, tooManyWords, unknownTypeWords, weakestRequest } from "./offered.ts";
import { topicFits } from "./pattern.ts";
import { rclType, type RclEndpoint, type RclLibrary, type RclNode, type RclSubscription } from "./rcl-library.ts";
import { profileOf, qosOf } from "./rcl-qos.ts";
import type { TopicListener } from "./transport.ts";
import type { TypeBook } from "./type-book.ts";

interface Open {
  readonly subscription: RclSubscription | undefined;
  readonly type: string;
  readonly qos: Qos;
  /** What the listener was told, so that it is told once. */
  trouble: string | undefined;
}

export interface RclListeningContext {
  readonly rcl: RclLibrary;
  readonly node: RclNode;
  readonly types: TypeBook;
  readonly depth: number;
  readonly now: () => number;
  /** The publishers of a topic but our own. */
  publishers(topic: string): readonly RclEndpoint[];
  received(): void;
}

/** One subscription per topic that fits, with the QoS that is offered there, as long as somebody publishes. */
export class RclListening {
  private readonly open = new Map<string, Open>();
  private readonly pattern: string;
  private readonly listener: TopicListener;
  private readonly context: RclListeningContext;
  private fullTold = false;

  constructor(pattern: string, listener: TopicListener, context: RclListeningContext) {
    this.pattern = pattern;
    this.listener = listener;
    this.context = context;
  }

  /** The graph as it is now: every topic anybody has an end of. */
  look(topics: readonly string[]): void {
    const fitting = topics.filter((topic) => topicFits(this.pattern, topic));
    for (const topic of fitting) {
      const publishers = this.context.publishers(topic);
      if (publishers.length > 0) this.follow(topic, publishers);
      else this.forget(topic);
    }
    for (const topic of [...this.open.keys()]) if (!fitting.includes(topic)) this.forget(topic);
  }

  problems(): string[] {
    return [...this.open].flatMap(([topic, { trouble }]) => (trouble === undefined ? [] : [`${topic}: ${trouble}`]));
  }

  close(): void {
    for (const { subscription } of this.open.values()) this.shut(subscription);
    this.open.clear();
  }

  private follow(topic: string, publishers: readonly RclEndpoint[]): void {
    const offers = publishers.map(({ qos_profile }) => qosOf(qos_profile));
    const request = weakestRequest(offers, this.context.depth);
    let open = this.open.get(topic);
    if (open !== undefined && !offers.every((offer) => unmetPolicies(offer, open!.qos).length === 0) && !sameRequest(open.qos, request)) {
      this.shut(open.subscription);
      open = undefined;
    }
    if (open === undefined) {
      open = this.begin(topic, publishers[0]!.topic_type, request);
      if (open === undefined) return;
      this.open.set(topic, open);
    }
    const { type } = open;
    const other = publishers.find(({ topic_type }) => topic_type !== type);
    if (other === undefined || open.trouble !== undefined) return;
    open.trouble = differentTypeWords(other.topic_type, type);
    this.listener.trouble(topic, "incompatible", open.trouble);
  }

  private begin(topic: string, type: string, qos: Qos): Open | undefined {
    const { rcl, node, types, now } = this.context;
    if (this.open.size >= maxTopics) {
      if (!this.fullTold) this.listener.trouble(topic, "incompatible", tooManyWords(this.pattern));
      this.fullTold = true;
      return undefined;
    }
    if (!types.registry.has(type)) {
      this.listener.trouble(topic, "unknown-type", unknownTypeWords(type));
      return { subscription: undefined, type, qos, trouble: unknownTypeWords(type) };
    }
    const latched = qos.durability !== "volatile";
    // The bytes as they came, although rclnodejs then keeps back when they were sent: taken apart by the middleware, bytes that are no
    // message of the type arrive as a message full of zeros, and a value that nobody measured is worse than a time that is a little late.
    const take = (taken: Uint8Array) => {
      this.context.received();
      const decode = () => types.decoder(type)(taken);
      this.listener.message({ topic, type, sourceTimeUs: now(), latched, size: taken.length, payload: taken, decode });
    };
    try {
      const subscription = node.createSubscription(rclType(rcl, type), topic, { qos: profileOf(rcl, qos), isRaw: true }, take);
      return { subscription, type, qos, trouble: undefined };
    } catch (error) {
      const trouble = `its type ${type} is not installed in this ROS: ${messageOf(error)}`;
      this.listener.trouble(topic, "unknown-type", trouble);
      return { subscription: undefined, type, qos, trouble };
    }
  }

  private forget(topic: string): void {
    const open = this.open.get(topic);
    if (open === undefined) return;
    this.open.delete(topic);
    this.shut(open.subscription);
    this.listener.gone(topic);
  }

  private shut(subscription: RclSubscription | undefined): void {
    if (subscription !== undefined) this.context.node.destroySubscription(subscription);
  }
}
