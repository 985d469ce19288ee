import type { Qos } from "../rtps/index.ts";
import type { Draft, Message } from "../types/index.ts";

export type Cancel = () => void;

/** One message as it arrived. Decoding is left to whoever wants the value, so that what nobody asked for costs nothing. */
export interface Incoming {
  readonly topic: string;
  readonly type: string;
  readonly sourceTimeUs: number;
  /** The publisher keeps its last message for whoever comes late: it stands until a newer one comes. */
  readonly latched: boolean;
  /** How many bytes arrived; 0 where the transport does not say. */
  readonly size: number;
  /** The serialised message with its encapsulation header, as recordings keep it. */
  readonly payload: Uint8Array;
  /** Throws when the payload is not a message of its type. */
  decode(): Message;
}

/** What a listener to topics is told. */
export interface TopicListener {
  message(incoming: Incoming): void;
  /** Nobody publishes this topic any more. */
  gone(topic: string): void;
  /** Connected, and yet nothing can or does come: in words for a person. `late`: what was heard is out of date; `dead`: not to be trusted. */
  trouble(topic: string, kind: "incompatible" | "unknown-type" | "late" | "dead", reason: string): void;
}

export interface TopicInfo {
  readonly name: string;
  readonly types: readonly string[];
  readonly publishers: readonly EndpointInfo[];
  readonly subscribers: readonly EndpointInfo[];
}

export interface EndpointInfo {
  readonly node: string | undefined;
  readonly qos: Qos | undefined;
}

export interface NodeInfo {
  /** With its namespace: `/arm/driver`. */
  readonly name: string;
  /** Topics it publishes, where the transport knows. */
  readonly publishes: readonly string[];
}

export interface Publisher {
  /** Readers that hear us now. */
  readonly readers: number;
  /** Why a reader that is there does not hear us, when there is one. */
  readonly trouble: string | undefined;
  /** Throws a `DraftError` when the draft does not fit the type. */
  publish(draft: Draft): void;
  /** Whether every reliable reader had everything in time. */
  acknowledged(withinMs: number): Promise<boolean>;
  close(): void;
}

export interface ServiceCaller {
  readonly isAvailable: boolean;
  /** Rejects when no answer comes in time. */
  call(request: Draft, withinMs: number): Promise<Message>;
  close(): void;
}

/** The ROS 2 network as the adapter sees it, whatever carries it. */
export interface Transport {
  readonly kind: "rtps" | "rcl";
  /** Settles when the transport cannot go on. */
  readonly lost: Promise<Error>;
  /** Listens to every topic of this name or pattern (`+` stands for one part of the path), those that appear later included. */
  listen(pattern: string, listener: TopicListener): Cancel;
  publisher(topic: string, type: string, qos?: Qos): Publisher;
  caller(service: string, type: string): ServiceCaller;
  topics(): readonly TopicInfo[];
  services(): readonly { readonly name: string; readonly type: string }[];
  nodes(): readonly NodeInfo[];
  health(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}
