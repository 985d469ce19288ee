import type { TopicPlan } from "./plan.ts";
import { matches } from "./topic.ts";

export interface Route<Target> {
  readonly target: Target;
  readonly topics: readonly TopicPlan[];
}

/** Topics whose routes are remembered; more than this many different ones are looked up anew. */
const mostRemembered = 10_000;

/** From the topic of a message to everybody it concerns. */
export class Router<Target extends { readonly plan: { readonly topics: readonly TopicPlan[] } }> {
  private readonly exact = new Map<string, Pair<Target>[]>();
  private readonly wild: Pair<Target>[] = [];
  private readonly known = new Map<string, readonly Route<Target>[]>();

  constructor(targets: Iterable<Target>) {
    for (const target of targets) {
      for (const topic of target.plan.topics) {
        if (topic.filter.includes("+")) this.wild.push({ target, topic });
        else this.exact.set(topic.filter, [...(this.exact.get(topic.filter) ?? []), { target, topic }]);
      }
    }
  }

  of(topic: string): readonly Route<Target>[] {
    const known = this.known.get(topic);
    if (known) return known;
    const found = this.look(topic);
    if (this.known.size >= mostRemembered) this.known.clear();
    this.known.set(topic, found);
    return found;
  }

  private look(name: string): readonly Route<Target>[] {
    const pairs = [...(this.exact.get(name) ?? []), ...this.wild.filter(({ topic }) => matches(topic.filter, name))];
    const byTarget = new Map<Target, TopicPlan[]>();
    for (const { target, topic } of pairs) byTarget.set(target, [...(byTarget.get(target) ?? []), topic]);
    return [...byTarget].map(([target, topics]) => ({ target, topics }));
  }
}

interface Pair<Target> {
  readonly target: Target;
  readonly topic: TopicPlan;
}
