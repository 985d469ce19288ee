import type { EndpointData } from "../wire/endpoint-data.ts";
import type { Environment } from "../environment.ts";
import type { ParticipantEvent } from "../events.ts";
import { BestEffortProxy } from "./best-effort-proxy.ts";
import { entityIdOf, toGuid, type Guid, type GuidPrefix } from "../wire/guid.ts";
import type { Limits } from "../limits.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Link, Outbox } from "../net/outbox.ts";
import type { Qos } from "../qos.ts";
import { ReliableProxy } from "./reliable-proxy.ts";
import { emptyReaderStats, type ReaderStats, type Sample } from "./sample.ts";
import { SilenceWatch } from "../silence-watch.ts";
import type { ProxyContext, WriterProxy } from "./writer-proxy.ts";

export interface LocalReaderOptions {
  readonly prefix: GuidPrefix;
  readonly entityId: number;
  readonly topic: string;
  readonly type: string;
  readonly qos: Qos;
  readonly onSample: (sample: Sample) => void;
}

export interface ReaderContext {
  readonly env: Environment;
  readonly outbox: Outbox;
  readonly limits: Limits;
  readonly budget: MemoryBudget;
  report(event: ParticipantEvent): void;
}

/** A matched writer with what watches over it. */
export interface MatchedProxy {
  readonly proxy: WriterProxy;
  readonly endpoint: EndpointData;
  readonly deadline: SilenceWatch | undefined;
  readonly liveliness: SilenceWatch | undefined;
}

/** One of our readers: a proxy per matched writer, deadlines and liveliness watched, samples handed over. */
export class LocalReader {
  readonly guid: Guid;
  readonly entityId: number;
  readonly topic: string;
  readonly type: string;
  readonly qos: Qos;
  readonly stats: ReaderStats = emptyReaderStats();
  readonly writers = new Map<Guid, MatchedProxy>();
  private readonly context: ReaderContext;
  private readonly proxyContext: ProxyContext;
  private readonly onSample: (sample: Sample) => void;

  constructor(options: LocalReaderOptions, context: ReaderContext) {
    this.guid = toGuid(options.prefix, options.entityId);
    this.entityId = options.entityId;
    this.topic = options.topic;
    this.type = options.type;
    this.qos = options.qos;
    this.onSample = options.onSample;
    this.context = context;
    this.proxyContext = {
      env: context.env,
      outbox: context.outbox,
      limits: context.limits,
      budget: context.budget,
      readerId: options.entityId,
      wantsHistory: options.qos.durability !== "volatile",
      stats: this.stats,
      deliver: (sample) => this.deliver(sample),
      lost: (writer, count) => context.report({ kind: "samples-lost", local: this.guid, topic: this.topic, writer, count }),
    };
  }

  /** Begins to listen to a writer; false when it was matched already. */
  match(endpoint: EndpointData, link: Link): boolean {
    if (this.writers.has(endpoint.guid)) return false;
    const matched = { guid: endpoint.guid, writerId: entityIdOf(endpoint.guid), link };
    const reliable = this.qos.reliability === "reliable" && endpoint.qos.reliability === "reliable";
    const proxy = reliable ? new ReliableProxy(matched, this.proxyContext) : new BestEffortProxy(matched, this.proxyContext);
    const deadline = this.qos.deadlineMs === Infinity ? undefined : this.watchDeadline(endpoint.guid);
    const liveliness = endpoint.qos.livelinessLeaseMs === Infinity ? undefined : this.watchLiveliness(endpoint);
    this.writers.set(endpoint.guid, { proxy, endpoint, deadline, liveliness });
    return true;
  }

  unmatch(guid: Guid): boolean {
    const matched = this.writers.get(guid);
    if (matched === undefined) return false;
    this.writers.delete(guid);
    matched.proxy.close();
    matched.deadline?.close();
    matched.liveliness?.close();
    return true;
  }

  close(): void {
    for (const guid of [...this.writers.keys()]) this.unmatch(guid);
  }

  private deliver(sample: Sample): void {
    this.stats.received++;
    this.stats.bytes += sample.payload.length;
    const matched = this.writers.get(sample.writer);
    matched?.deadline?.heard();
    matched?.liveliness?.heard();
    try {
      this.onSample(sample);
    } catch (error) {
      // What a subscriber does with a sample must not decide about the samples behind it.
      this.context.env.log.error("a subscriber threw", {
        topic: this.topic,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  private watchDeadline(writer: Guid): SilenceWatch {
    const about = { local: this.guid, topic: this.topic, writer };
    return new SilenceWatch(this.context.env, this.qos.deadlineMs, {
      overdue: (misses) => this.context.report({ kind: "deadline-missed", ...about, misses }),
      resumed: () => this.context.report({ kind: "deadline-met", ...about }),
    });
  }

  private watchLiveliness({ guid, qos }: EndpointData): SilenceWatch {
    const about = { local: this.guid, topic: this.topic, writer: guid };
    return new SilenceWatch(this.context.env, qos.livelinessLeaseMs, {
      overdue: (misses) => misses === 1 && this.context.report({ kind: "liveliness-lost", ...about }),
      resumed: () => this.context.report({ kind: "liveliness-regained", ...about }),
    });
  }
}
