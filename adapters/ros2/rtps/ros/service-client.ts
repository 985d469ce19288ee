import { randomBytes } from "node:crypto";
import type { Cancel, Environment } from "../environment.ts";
import type { Participant } from "../participant-types.ts";
import { defaultQos } from "../qos.ts";
import type { LocalReader } from "../reading/reader.ts";
import type { Sample } from "../reading/sample.ts";
import { endpointUserData, readIdentity, splitHeader, styleOf, withHeader, type ServiceStyle } from "./service-style.ts";
import type { LocalWriter } from "../writing/writer.ts";

/** The DDS side of a service: two topics, two types. */
export interface ServiceSpec {
  readonly requestTopic: string;
  readonly replyTopic: string;
  readonly requestType: string;
  readonly replyType: string;
  /** The type hash, in the words of ROS: `typehash=…;`. */
  readonly userData?: string;
}

export interface ClientOptions {
  /** Default: what the vendor of the server uses. */
  readonly style?: ServiceStyle;
  readonly maxPending?: number;
}

interface Pending {
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly cancelTimer: Cancel;
}

/** Calls one service. Requests and answers are serialised values; which answer belongs to which request is settled here. */
export class ServiceClient {
  readonly writer: LocalWriter;
  readonly reader: LocalReader;
  private readonly participant: Participant;
  private readonly env: Environment;
  private readonly spec: ServiceSpec;
  private readonly options: ClientOptions;
  private readonly id = randomBytes(8).readBigUInt64LE();
  private readonly pending = new Map<string, Pending>();
  private count = 0n;

  constructor(participant: Participant, spec: ServiceSpec, env: Environment, options: ClientOptions = {}) {
    this.participant = participant;
    this.spec = spec;
    this.env = env;
    this.options = options;
    const userData = endpointUserData("clientid", randomBytes(16), spec.userData);
    this.reader = participant.createReader({
      topic: spec.replyTopic,
      type: spec.replyType,
      qos: defaultQos,
      userData,
      onSample: (sample) => this.answered(sample),
    });
    this.writer = participant.createWriter({ topic: spec.requestTopic, type: spec.requestType, qos: defaultQos, userData });
  }

  /** Whether a server is there that has found us and whom we hear. A request written before that would be lost in silence. */
  get isAvailable(): boolean {
    return this.writer.listening > 0 && this.reader.writers.size > 0;
  }

  /** Resolves with the serialised answer; rejects when none comes in time or too many calls wait already. */
  call(request: Uint8Array, withinMs: number): Promise<Buffer> {
    if (this.pending.size >= (this.options.maxPending ?? 1024)) {
      return Promise.reject(new Error(`${this.pending.size} calls of ${this.spec.requestTopic} are waiting already`));
    }
    const key = this.send(request);
    return new Promise((resolve, reject) => {
      const cancelTimer = this.env.after(withinMs, () => {
        this.pending.delete(key);
        reject(new Error(`no answer on ${this.spec.replyTopic} within ${withinMs} ms`));
      });
      this.pending.set(key, { resolve, reject, cancelTimer });
    });
  }

  close(): void {
    for (const { reject, cancelTimer } of this.pending.values()) {
      cancelTimer();
      reject(new Error(`the client of ${this.spec.requestTopic} was closed`));
    }
    this.pending.clear();
    this.participant.remove(this.writer);
    this.participant.remove(this.reader);
  }

  private send(request: Uint8Array): string {
    if (this.style() === "payload") {
      const sequence = ++this.count;
      this.writer.write(withHeader(request, { client: this.id, sequence }));
      return `payload/${sequence}`;
    }
    return `inline/${this.writer.write(request)}`;
  }

  private style(): ServiceStyle {
    const server = this.writer.readers.keys().next();
    return this.options.style ?? styleOf(server.done === true ? undefined : this.participant.participantOf(server.value)?.vendor);
  }

  private answered(sample: Sample): void {
    if (sample.disposed) return;
    if (sample.relatedSample !== undefined) {
      const { guid, sequence } = readIdentity(sample.relatedSample);
      if (guid === this.writer.guid || guid === this.reader.guid) this.settle(`inline/${sequence}`, sample.payload);
      return;
    }
    if (sample.payload.length < 20) return;
    const { header, value } = splitHeader(sample.payload);
    if (header.client === this.id) this.settle(`payload/${header.sequence}`, value);
  }

  private settle(key: string, value: Buffer): void {
    const waiting = this.pending.get(key);
    if (waiting === undefined) return;
    this.pending.delete(key);
    waiting.cancelTimer();
    waiting.resolve(value);
  }
}
