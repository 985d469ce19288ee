import type { ClientFrame } from "#msgs/wire/client-frames.ts";
import type { ServerFrame } from "#msgs/wire/server-frames.ts";
import type { PointId } from "#msgs/point.ts";
import type { Sight } from "../auth/rights.ts";
import type { Feed, Listener } from "./feed.ts";
import type { Reader } from "./group.ts";
import type { Hub } from "./hub.ts";
import type { Limits } from "./limits.ts";
import type { Reply } from "./reply.ts";

/** What one session listens to. */
export interface Subscriptions {
  answer(frame: Extract<ClientFrame, { type: "subscribe" | "unsubscribe" }>, reply: Reply): void;
  close(): void;
}

export interface SubscriptionParts {
  readonly hub: Hub;
  readonly limits: Limits;
  readonly sight: Sight;
  readonly send: (bytes: Buffer | string) => void;
  readonly slow: () => boolean;
}

type Joined = ReturnType<Feed["subscribe"]> & { readonly timeline: string };

export function openSubscriptions({ hub, limits, sight, send, slow }: SubscriptionParts): Subscriptions {
  const joined = new Map<string, Joined>();
  const reader = (): Reader => ({
    get slow() {
      return slow();
    },
    offer: send,
    overtook: (timeline, count) => send(JSON.stringify({ type: "overtaken", timeline, count } satisfies ServerFrame)),
  });
  const listener: Listener = {
    sight,
    hear: (told) => send(told.bytes),
    watches(timeline: string, point?: PointId) {
      for (const subscription of joined.values()) {
        if (subscription.timeline === timeline && (point === undefined || subscription.has(point))) return true;
      }
      return false;
    },
  };
  hub.listeners.add(listener);

  function subscribe(frame: Extract<ClientFrame, { type: "subscribe" }>, reply: Reply): void {
    const { subscription: name = "default", timeline = "live", patterns, maxRateHz, form = "rows" } = frame;
    const feed = hub.feed(timeline);
    if (!feed) return reply.rejected(frame, { code: "unknown-timeline", message: `there is no timeline "${timeline}"` });
    if (!joined.has(name) && joined.size >= limits.subscriptions) {
      return reply.rejected(frame, {
        code: "too-many-subscriptions",
        message: `at most ${limits.subscriptions} subscriptions on one connection`,
      });
    }
    if (patterns.length > limits.patterns) {
      return reply.rejected(frame, { code: "too-many-patterns", message: `at most ${limits.patterns} patterns in one subscription` });
    }
    // A default below the tick would only be slower than it need be; faster is given on request.
    const periodMs = maxRateHz === undefined ? limits.tickMs : 1000 / maxRateHz;
    joined.get(name)?.close();
    const made = feed.subscribe({ patterns, form, periodMs, sight }, reader());
    joined.set(name, { ...made, timeline });
    reply.success(frame, { data: { subscription: name, timeline, points: made.points } });
  }

  function drop(name: string): void {
    joined.get(name)?.close();
    joined.delete(name);
  }

  return {
    answer(frame, reply) {
      if (frame.type === "subscribe") return subscribe(frame, reply);
      const names = frame.subscription === undefined ? [...joined.keys()] : [frame.subscription];
      const known = names.filter((name) => joined.has(name));
      known.forEach(drop);
      reply.success(frame, { data: { ended: known } });
    },
    close() {
      hub.listeners.delete(listener);
      for (const name of [...joined.keys()]) drop(name);
    },
  };
}
