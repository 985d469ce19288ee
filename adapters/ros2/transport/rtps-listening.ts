import {
  unmetPolicies,
  type EndpointData,
  type Participant,
  type ParticipantEvent,
  type Qos,
  type Reader,
  type Sample,
} from "../rtps/index.ts";
import { ddsTopicName, rosName, rosTypeName } from "../types/index.ts";
import type { EndpointIndex } from "./endpoint-index.ts";
import { differentTypeWords, maxTopics, sameRequest, tooManyWords, unknownTypeWords, unmetWords, weakestRequest } from "./offered.ts";
import { topicFits } from "./pattern.ts";
import type { TopicListener } from "./transport.ts";
import type { TypeBook } from "./type-book.ts";

interface Open {
  readonly reader: Reader;
  readonly type: string;
}

export interface ListeningContext {
  readonly participant: Participant;
  readonly index: EndpointIndex;
  readonly types: TypeBook;
  /** Samples a reader keeps asking for; more than ROS's usual ten, or a fast writer overwrites what was lost. */
  readonly depth: number;
  /** Our set of readers has changed. */
  readersChanged(): void;
}

/** DDS knows no wildcards: one reader per topic that fits, with the QoS that is offered there, as long as somebody writes. */
export class RtpsListening {
  private readonly open = new Map<string, Open>();
  private readonly pattern: string;
  private readonly listener: TopicListener;
  private readonly context: ListeningContext;
  private fullTold = false;

  constructor(pattern: string, listener: TopicListener, context: ListeningContext) {
    this.pattern = pattern;
    this.listener = listener;
    this.context = context;
    for (const topic of [...context.index.topics()]) this.look(topic);
  }

  get readers(): readonly Reader[] {
    return [...this.open.values()].map(({ reader }) => reader);
  }

  see(event: ParticipantEvent): void {
    switch (event.kind) {
      case "endpoint-found":
      case "endpoint-lost":
        if (event.endpoint.kind === "writer") this.look(event.endpoint.topic);
        return;
      case "deadline-missed":
        this.tell(event.local, event.topic, "late", `nothing within the deadline, ${event.misses} times by now`);
        return;
      case "liveliness-lost":
        this.tell(event.local, event.topic, "dead", "its publisher no longer shows that it is alive");
        return;
      case "incompatible":
        this.tell(event.local, event.endpoint.topic, "incompatible", incompatibleWords(event));
        return;
      default:
      // The rest is nothing that a listener to a topic has to know.
    }
  }

  close(): void {
    for (const { reader } of this.open.values()) this.context.participant.remove(reader);
    this.open.clear();
  }

  /** Opens, closes or reopens the reader of a topic, as its writers now are. */
  private look(ddsTopic: string): void {
    const name = rosName(ddsTopic);
    if (name?.kind !== "topic" || !topicFits(this.pattern, name.name)) return;
    const writers = this.context.index.of(ddsTopic, "writer");
    const open = this.open.get(name.name);
    if (writers.length === 0) {
      if (open === undefined) return;
      this.shut(name.name, open);
      this.listener.gone(name.name);
      return;
    }
    const request = weakestRequest(
      writers.map(({ qos }) => qos),
      this.context.depth,
    );
    if (open !== undefined) {
      // A writer that offers less than the reader asks for would be silence; the reader asks for less instead.
      if (writers.every(({ qos }) => unmetPolicies(qos, open.reader.qos).length === 0)) return;
      if (sameRequest(open.reader.qos, request)) return;
      this.shut(name.name, open);
    }
    this.openReader(name.name, writers[0]!, request);
  }

  private openReader(topic: string, writer: EndpointData, qos: Qos): void {
    const { participant, types } = this.context;
    const type = rosTypeName(writer.type);
    if (type === undefined || !types.registry.has(type)) {
      this.listener.trouble(topic, "unknown-type", unknownTypeWords(type ?? writer.type));
      return;
    }
    if (this.open.size >= maxTopics) {
      if (!this.fullTold) this.listener.trouble(topic, "incompatible", tooManyWords(this.pattern));
      this.fullTold = true;
      return;
    }
    const onSample = (sample: Sample) => {
      if (sample.disposed) return;
      this.listener.message({
        topic,
        type,
        sourceTimeUs: sample.sourceTimeUs,
        latched: qos.durability !== "volatile",
        size: sample.payload.length,
        payload: sample.payload,
        decode: () => types.decoder(type)(sample.payload),
      });
    };
    const reader = participant.createReader({
      topic: ddsTopicName(topic),
      type: writer.type,
      qos,
      userData: types.hashText(type),
      onSample,
    });
    this.open.set(topic, { reader, type });
    this.context.readersChanged();
  }

  private shut(topic: string, open: Open): void {
    this.open.delete(topic);
    this.context.participant.remove(open.reader);
    this.context.readersChanged();
  }

  private tell(local: string, ddsTopic: string, kind: Parameters<TopicListener["trouble"]>[1], reason: string): void {
    const topic = rosName(ddsTopic)?.name;
    if (topic !== undefined && this.open.get(topic)?.reader.guid === local) this.listener.trouble(topic, kind, reason);
  }
}

export function incompatibleWords(event: Extract<ParticipantEvent, { kind: "incompatible" }>): string {
  if (event.policies.length === 0) return differentTypeWords(event.endpoint.type, event.localType);
  return unmetWords(event.policies);
}
