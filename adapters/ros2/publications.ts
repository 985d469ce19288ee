import type { Receipt } from "#src/contract/adapter.ts";
import type { Timers } from "#src/contract/clock.ts";
import type { Value } from "#msgs/point.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type { TopicAddress } from "./address.ts";
import { placeAt } from "./field-path.ts";
import { fullName } from "./types/index.ts";
import type { Cancel, Publisher, Transport } from "./transport/transport.ts";

interface Publication {
  readonly publisher: Publisher;
  readonly type: string;
  /** What is published, field by field, as long as its commands live. */
  readonly fields: Map<string, { readonly address: TopicAddress; readonly value: Value; readonly expires: Cancel }>;
  repeating: Cancel | undefined;
}

/**
 * Topics that points are written to. A point with `repeat` is published again and again while its command lives; when the last
 * such command has ended an empty message is published once, so that a velocity goes to zero without anybody's doing.
 */
export class Publications {
  private readonly publications = new Map<string, Publication>();
  private readonly transport: Transport;
  private readonly timers: Timers;
  private readonly ackMs: number;

  constructor(transport: Transport, timers: Timers, ackMs: number) {
    this.transport = transport;
    this.timers = timers;
    this.ackMs = ackMs;
  }

  /** Advertised when the link is opened, so that its readers have been found when the first command comes. */
  prepare(address: TopicAddress): Publication {
    const type = fullName(address.type!);
    let publication = this.publications.get(address.topic);
    if (publication === undefined) {
      publication = { publisher: this.transport.publisher(address.topic, type), type, fields: new Map(), repeating: undefined };
      this.publications.set(address.topic, publication);
    }
    return publication;
  }

  /** Lets go of every topic, or topic with another type, that none of these addresses writes to. */
  keepOnly(addresses: readonly TopicAddress[]): void {
    const kept = new Set(addresses.map(({ topic, type }) => `${topic} ${fullName(type!)}`));
    for (const [topic, publication] of this.publications) {
      if (kept.has(`${topic} ${publication.type}`)) continue;
      this.end(publication);
      this.publications.delete(topic);
    }
  }

  async set(address: TopicAddress, value: Value, ttlMs: number | undefined): Promise<Receipt> {
    const publication = this.prepare(address);
    const { publisher } = publication;
    requireReader(publisher, address.topic);
    this.hold(publication, address, value, ttlMs);
    this.publish(publication);
    if (address.repeatHz !== undefined)
      publication.repeating ??= this.timers.every(1000 / address.repeatHz, () => publisher.publish(draftOf(publication)));
    return receipt(await publisher.acknowledged(this.ackMs));
  }

  close(): void {
    for (const publication of this.publications.values()) this.end(publication);
    this.publications.clear();
  }

  private end(publication: Publication): void {
    if (publication.repeating !== undefined) this.stop(publication);
    for (const { expires } of publication.fields.values()) expires();
    publication.publisher.close();
  }

  private hold(publication: Publication, address: TopicAddress, value: Value, ttlMs: number | undefined): void {
    const key = JSON.stringify(address.path);
    const lifeMs = Math.min(ttlMs ?? Infinity, address.repeatHz === undefined ? Infinity : address.deadManMs);
    publication.fields.get(key)?.expires();
    const expires = lifeMs === Infinity ? () => {} : this.timers.after(lifeMs, () => this.expire(publication, key));
    publication.fields.set(key, { address, value, expires });
  }

  private expire(publication: Publication, key: string): void {
    publication.fields.delete(key);
    const repeats = [...publication.fields.values()].some(({ address }) => address.repeatHz !== undefined);
    if (publication.repeating !== undefined && !repeats) this.stop(publication);
  }

  private stop(publication: Publication): void {
    publication.repeating?.();
    publication.repeating = undefined;
    publication.publisher.publish({});
  }

  private publish(publication: Publication): void {
    try {
      publication.publisher.publish(draftOf(publication));
    } catch (error) {
      throw new GatewayError("device-refused", messageOf(error), { cause: error });
    }
  }
}

export function requireReader(publisher: Publisher, topic: string): void {
  if (publisher.readers > 0) return;
  const { trouble } = publisher;
  if (trouble !== undefined) throw new GatewayError("not-supported", `${topic}: ${trouble}`);
  throw new GatewayError("connect-refused", `nobody listens to ${topic}`);
}

/** A topic has no answer: what can be said is that every reliable reader has it. */
export function receipt(acknowledged: boolean): Receipt {
  return acknowledged
    ? { assurance: "transport", detail: "every reader has it" }
    : { assurance: "none", detail: "not acknowledged in time" };
}

function draftOf(publication: Publication): Record<string, unknown> {
  const draft: Record<string, unknown> = {};
  for (const { address, value } of publication.fields.values()) placeAt(draft, address.path, value);
  return draft;
}
