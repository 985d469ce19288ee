import type { Binding } from "#src/contract/adapter.ts";
import type { PointId } from "#msgs/point.ts";
import { assert } from "#src/kit/errors.ts";
import { parseAddress, type Address } from "./address.ts";
import type { DeviceLimits, Link } from "./config.ts";
import { parsePath, type Step } from "./path.ts";
import { covers, topicBelow } from "./topic.ts";

/** One point, with its address taken apart. */
export interface Field {
  readonly binding: Binding;
  readonly address: Address;
  /** What is listened to for it. */
  readonly filter: string;
}

/** One filter of a device and what its messages are good for. */
export interface TopicPlan {
  readonly filter: string;
  readonly fields: readonly Field[];
  readonly isStatus: boolean;
  readonly isAnswer: boolean;
}

/** Everything about a device that can be worked out before anything is dialled. */
export interface DevicePlan {
  readonly id: string;
  readonly name: string;
  readonly base: string | undefined;
  readonly limits: DeviceLimits;
  readonly fields: ReadonlyMap<PointId, Field>;
  readonly topics: readonly TopicPlan[];
  readonly timePath: readonly Step[] | undefined;
  readonly sequencePath: readonly Step[] | undefined;
  readonly statusPath: readonly Step[] | undefined;
}

export function planDevice(id: string, limits: DeviceLimits, bindings: readonly Binding[], link: Pick<Link, "topic">): DevicePlan {
  const name = limits.name ?? id;
  const base = limits.topic ?? link.topic;
  const below = (tail: string) => topicBelow(base, tail, name);
  const fields = bindings.map((binding) => {
    const parsed = parseAddress(binding.address);
    assert("address" in parsed, `${binding.address} has passed check`);
    return { binding, address: parsed.address, filter: below(parsed.address.read.topic) };
  });
  const status = limits.statusTopic === undefined ? undefined : below(limits.statusTopic);
  const answer = limits.answerTopic === undefined ? undefined : below(limits.answerTopic);
  const filters = new Set([...fields.map(({ filter }) => filter), status, answer].filter((filter) => filter !== undefined));
  return {
    id,
    name,
    base,
    limits,
    fields: new Map(fields.map((field) => [field.binding.point, field])),
    topics: [...filters].map((filter) => ({
      filter,
      fields: fields.filter((field) => field.filter === filter),
      isStatus: filter === status,
      isAnswer: filter === answer,
    })),
    timePath: stepsOf(limits.timePath),
    sequencePath: stepsOf(limits.sequencePath),
    statusPath: stepsOf(limits.statusPath),
  };
}

function stepsOf(path: string | undefined): readonly Step[] | undefined {
  if (path === undefined) return undefined;
  const parsed = parsePath(path);
  assert("steps" in parsed, `${path} has passed check`);
  return parsed.steps;
}

/** A filter as it is asked for at the broker, and how well. */
export interface Wanted {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
}

/**
 * What to subscribe to for each filter: itself, or a wider one of this link that brings the same messages. A broker may send a
 * message once for every subscription it matches, and one message twice is one sample too many.
 */
export function planFilters(devices: readonly DevicePlan[]): ReadonlyMap<string, Wanted> {
  const qosOf = new Map<string, 0 | 1 | 2>();
  for (const { topics, limits } of devices) {
    for (const { filter } of topics) qosOf.set(filter, Math.max(limits.qos, qosOf.get(filter) ?? 0) as 0 | 1 | 2);
  }
  const wide = [...qosOf.keys()].filter((filter) => /(^|\/)\+(\/|$)/.test(filter));
  const widest = (filter: string) => {
    const around = wide.filter((other) => other !== filter && covers(other, filter));
    return around.find((other) => !around.some((further) => further !== other && covers(further, other))) ?? filter;
  };
  const qosAround = new Map<string, 0 | 1 | 2>();
  const chosen = [...qosOf].map(([filter, qos]) => {
    const around = widest(filter);
    qosAround.set(around, Math.max(qos, qosAround.get(around) ?? 0) as 0 | 1 | 2);
    return [filter, around] as const;
  });
  return new Map(chosen.map(([filter, around]) => [filter, { filter: around, qos: qosAround.get(around)! }]));
}
