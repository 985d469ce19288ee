/** The part of rclnodejs that the real peer uses; the adapter's own part is in `transport/rcl-library.ts`. */
export interface ActionLibrary {
  init(context: object, args: readonly string[]): Promise<void>;
  shutdown(context: object): void;
  createNode(name: string, namespace: string, context: object): PeerNode;
  require(type: "example_interfaces/action/Fibonacci"): Record<"Feedback" | "Result", new () => { sequence: readonly number[] }>;
  readonly Context: new (domain: bigint) => object;
  readonly Parameter: new (name: string, type: number, value: number) => object;
  readonly ParameterDescriptor: new (name: string, type: number) => object;
  readonly ParameterType: { readonly PARAMETER_DOUBLE: number };
  readonly ActionServer: new (
    node: PeerNode,
    type: string,
    name: string,
    execute: (goal: Goal) => Promise<object>,
    judge: (request: { readonly order: number }) => number,
  ) => object;
}

export interface Goal {
  readonly request: { readonly order: number };
  publishFeedback(feedback: object): void;
  succeed(): void;
}

interface Heard {
  readonly linear: { readonly x: number };
  readonly command_id: string;
  readonly device_id: string;
  readonly command: string;
  readonly args: string;
}

interface PeerNode {
  spin(): void;
  createPublisher(type: string, topic: string): { publish(message: object): void };
  createSubscription(type: string, topic: string, take: (message: Heard) => void): object;
  createService(
    type: string,
    name: string,
    answer: (request: { readonly data: boolean }, response: { send(answer: object): void }) => void,
  ): object;
  declareParameter(parameter: object, descriptor: object): object;
  getNodeNamesAndNamespaces(): readonly { readonly name: string; readonly namespace: string }[];
  getPublishersInfoByTopic(
    topic: string,
  ): readonly { readonly node_name: string; readonly topic_type_hash: { readonly value: Uint8Array } }[];
}

export async function rclActions(): Promise<ActionLibrary> {
  const name = "rclnodejs";
  return ((await import(name)) as { default: ActionLibrary }).default;
}

/** Why nothing real can be spoken to here, or `undefined` when it can. */
export async function rosMissing(): Promise<string | undefined> {
  if (process.env.ROS_DISTRO === undefined) return "no ROS 2 is sourced (ROS_DISTRO is not set)";
  try {
    await rclActions();
    return undefined;
  } catch (error) {
    return `rclnodejs cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}
