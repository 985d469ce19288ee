import type { LiveTime } from "#src/contract/clock.ts";
import { messageOf } from "#src/kit/errors.ts";
import type { Message } from "./types/index.ts";
import type { Cancel, Incoming, TopicListener, Transport } from "./transport/transport.ts";

/** A message taken apart, or why that was not possible. */
export type Heard = { readonly incoming: Incoming } & ({ readonly message: Message } | { readonly problem: string });

export interface FeedListener {
  heard(heard: Heard): void;
  gone(topic: string): void;
  trouble: TopicListener["trouble"];
}

/** What one topic has brought, for people. */
export interface TopicCounters {
  received: number;
  bytes: number;
  /** Over the configured rate: not looked at. */
  dropped: number;
  unreadable: number;
}

interface Feed {
  readonly listeners: Set<FeedListener>;
  readonly stop: Cancel;
  /** The message that stands, of each topic whose publisher keeps one. */
  readonly latched: Map<string, Heard>;
  /** Troubles that stand, for who comes later. */
  readonly troubles: Map<string, readonly [Parameters<TopicListener["trouble"]>[1], string]>;
}

/** Listens to each topic or pattern once, however many points come from it, and takes each message apart once. */
export class Feeds {
  readonly counters = new Map<string, TopicCounters>();
  private readonly feeds = new Map<string, Feed>();
  private readonly takenUs = new Map<string, number>();
  private readonly transport: Transport;
  private readonly time: LiveTime;
  private readonly leastUs: number;

  constructor(transport: Transport, time: LiveTime, maxRateHz: number) {
    this.transport = transport;
    this.time = time;
    this.leastUs = maxRateHz === 0 ? 0 : 1_000_000 / maxRateHz;
  }

  /** Hears from now on, and at once what stands already. The topic itself stays open until `keepOnly` or `close`. */
  listen(pattern: string, listener: FeedListener): Cancel {
    const feed = this.feeds.get(pattern) ?? this.open(pattern);
    feed.listeners.add(listener);
    for (const heard of [...feed.latched.values()]) listener.heard(heard);
    for (const [topic, [kind, reason]] of [...feed.troubles]) listener.trouble(topic, kind, reason);
    return () => feed.listeners.delete(listener);
  }

  /** Closes what nobody listens to and no point of these topics or patterns asks for. */
  keepOnly(patterns: ReadonlySet<string>): void {
    for (const [pattern, feed] of this.feeds) {
      if (patterns.has(pattern) || feed.listeners.size > 0) continue;
      feed.stop();
      this.feeds.delete(pattern);
    }
  }

  close(): void {
    for (const feed of this.feeds.values()) feed.stop();
    this.feeds.clear();
  }

  private open(pattern: string): Feed {
    const listeners = new Set<FeedListener>();
    const latched: Feed["latched"] = new Map();
    const troubles: Feed["troubles"] = new Map();
    const stop = this.transport.listen(pattern, {
      message: (incoming) => this.take(incoming, listeners, latched, troubles),
      gone: (topic) => {
        latched.delete(topic);
        troubles.delete(topic);
        for (const listener of [...listeners]) listener.gone(topic);
      },
      trouble: (topic, kind, reason) => {
        troubles.set(topic, [kind, reason]);
        for (const listener of [...listeners]) listener.trouble(topic, kind, reason);
      },
    });
    const feed = { listeners, stop, latched, troubles };
    this.feeds.set(pattern, feed);
    return feed;
  }

  private take(incoming: Incoming, listeners: ReadonlySet<FeedListener>, latched: Feed["latched"], troubles: Feed["troubles"]): void {
    const { topic } = incoming;
    const counters = this.countersOf(topic);
    counters.received++;
    counters.bytes += incoming.size;
    if (troubles.size > 0) troubles.delete(topic);
    if (this.leastUs > 0) {
      const now = this.time.now();
      if (now - (this.takenUs.get(topic) ?? -Infinity) < this.leastUs) {
        counters.dropped++;
        return;
      }
      this.takenUs.set(topic, now);
    }
    if (listeners.size === 0 && !incoming.latched) return;
    const heard = read(incoming);
    if ("problem" in heard) counters.unreadable++;
    if (incoming.latched) latched.set(topic, heard);
    for (const listener of [...listeners]) listener.heard(heard);
  }

  private countersOf(topic: string): TopicCounters {
    let counters = this.counters.get(topic);
    if (counters === undefined) this.counters.set(topic, (counters = { received: 0, bytes: 0, dropped: 0, unreadable: 0 }));
    return counters;
  }
}

function read(incoming: Incoming): Heard {
  try {
    return { incoming, message: incoming.decode() };
  } catch (error) {
    return { incoming, problem: `a message of ${incoming.type} could not be read: ${messageOf(error)}` };
  }
}
