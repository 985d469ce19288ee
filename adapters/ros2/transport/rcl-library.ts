/** The part of rclnodejs that is used here. It is not among our dependencies: it cannot be installed without ROS. */
export interface RclLibrary {
  init(): Promise<void>;
  shutdown(): void;
  createNode(name: string, namespace: string): RclNode;
  readonly QoS: RclQos;
}

interface NameAndTypes {
  readonly name: string;
  readonly types: readonly string[];
}

export interface RclNode {
  spin(): void;
  destroy(): void;
  createSubscription(type: string, topic: string, options: { readonly qos: unknown }, take: (message: unknown) => void): RclSubscription;
  destroySubscription(subscription: RclSubscription): void;
  createPublisher(type: string, topic: string, options: { readonly qos: unknown }): RclPublisher;
  destroyPublisher(publisher: RclPublisher): void;
  createClient(type: string, service: string): RclClient;
  destroyClient(client: RclClient): void;
  getTopicNamesAndTypes(): readonly NameAndTypes[];
  getServiceNamesAndTypes(): readonly NameAndTypes[];
  getPublisherNamesAndTypesByNode(node: string, namespace: string): readonly NameAndTypes[];
  getNodeNamesAndNamespaces(): readonly { readonly name: string; readonly namespace: string }[];
  countPublishers(topic: string): number;
  countSubscribers(topic: string): number;
}

export type RclSubscription = object;

export interface RclPublisher {
  readonly subscriptionCount: number;
  publish(message: unknown): void;
}

export interface RclClient {
  isServiceServerAvailable(): boolean;
  sendRequest(request: unknown, answered: (answer: unknown) => void): void;
}

interface RclQos {
  new (history: number, depth: number, reliability: number, durability: number): unknown;
  readonly HistoryPolicy: { readonly RMW_QOS_POLICY_HISTORY_KEEP_LAST: number };
  readonly ReliabilityPolicy: {
    readonly RMW_QOS_POLICY_RELIABILITY_RELIABLE: number;
    readonly RMW_QOS_POLICY_RELIABILITY_BEST_EFFORT: number;
  };
  readonly DurabilityPolicy: { readonly RMW_QOS_POLICY_DURABILITY_VOLATILE: number };
}
