import type { Message } from "../types/index.ts";

/** The part of rclnodejs 2 that is used here. It is not among our dependencies: it cannot be installed without ROS. */
export interface RclLibrary {
  init(context: RclContext, args: readonly string[]): Promise<void>;
  shutdown(context: RclContext): void;
  createNode(name: string, namespace: string, context: RclContext): RclNode;
  /** The class of an interface, as it was made from the installed package. Throws when there is none. */
  require(type: string): RclType;
  readonly ActionClient: new (node: RclNode, type: string, name: string) => RclActionClient;
  readonly Context: new (domain: bigint) => RclContext;
  readonly QoS: new (history: number, depth: number, reliability: number, durability: number, liveliness: number) => RclProfile;
}

export type RclContext = object;
export type RclProfile = object;

/** What `require` answers; the class of an action holds that of its feedback. */
export interface RclType {
  readonly impl?: { readonly FeedbackMessage?: RclType };
}

interface NameAndTypes {
  readonly name: string;
  readonly types: readonly string[];
}

export interface RclNode {
  spin(): void;
  createSubscription(
    type: RclType,
    topic: string,
    options: { readonly qos: RclProfile; readonly isRaw: true },
    take: (message: Uint8Array) => void,
  ): RclSubscription;
  destroySubscription(subscription: RclSubscription): void;
  createPublisher(type: RclType, topic: string, options: { readonly qos: RclProfile }): RclPublisher;
  destroyPublisher(publisher: RclPublisher): void;
  createClient(type: RclType, service: string): RclClient;
  destroyClient(client: RclClient): void;
  getTopicNamesAndTypes(): readonly NameAndTypes[];
  getServiceNamesAndTypes(): readonly NameAndTypes[];
  getPublisherNamesAndTypesByNode(node: string, namespace: string): readonly NameAndTypes[];
  getNodeNamesAndNamespaces(): readonly { readonly name: string; readonly namespace: string }[];
  getPublishersInfoByTopic(topic: string): readonly RclEndpoint[];
  getSubscriptionsInfoByTopic(topic: string): readonly RclEndpoint[];
}

export type RclSubscription = object;

export interface RclPublisher {
  readonly subscriptionCount: number;
  /** A serialised message goes out as it is. */
  publish(message: Buffer): void;
  /** Throws where the middleware cannot say. */
  waitForAllAcked(nanoseconds: bigint): boolean;
}

export interface RclClient {
  isServiceServerAvailable(): boolean;
  sendRequestAsync(request: Message, options: { readonly signal: AbortSignal }): Promise<Message>;
}

export interface RclActionClient {
  isActionServerAvailable(): boolean;
  sendGoal(goal: Message, feedback: undefined, id: Message): Promise<RclGoal>;
  destroy(): void;
}

export interface RclGoal {
  readonly status: number;
  isAccepted(): boolean;
  getResult(): Promise<Message>;
}

/** One end of a topic, as the graph of ROS tells of it. */
export interface RclEndpoint {
  readonly node_name: string;
  readonly node_namespace: string;
  readonly topic_type: string;
  readonly qos_profile: RclQos;
}

/** Policies by their numbers in rmw; times as seconds and nanoseconds. */
export interface RclQos {
  readonly depth: number;
  readonly history: number;
  readonly reliability: number;
  readonly durability: number;
  readonly liveliness: number;
  readonly deadline: RclDuration;
  readonly lifespan: RclDuration;
  readonly liveliness_lease_duration: RclDuration;
}

interface RclDuration {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** The class behind a name; the feedback of an action is found in the class of the action. */
export function rclType(rcl: RclLibrary, name: string): RclType {
  const action = /^(\w+\/action\/\w+)_FeedbackMessage$/.exec(name)?.[1];
  const found = action === undefined ? rcl.require(name) : rcl.require(action).impl?.FeedbackMessage;
  if (found === undefined) throw new Error(`${action} is installed without its feedback`);
  return found;
}
