import type { AdapterEnv } from "#src/contract/adapter.ts";
import { usPerSecond, type Timestamp } from "#msgs/time.ts";
import type { Station } from "../link/station.ts";
import type { Application } from "../transaction/application.ts";
import { confirmed, unconfirmed } from "../wire/services/choices.ts";
import { decodeSubscribeCov, encodeCovNotification, type CovSubscription } from "../wire/services/cov.ts";
import { objectKey, type BacnetValue, type PropertyRef } from "../wire/value.ts";
import { ErrorClass, ErrorCode, PropertyIdentifier } from "../wire/vocabulary.ts";
import { readProperty, refusal, type ServedObject } from "./property.ts";

interface Subscriber {
  readonly station: Station;
  readonly subscription: CovSubscription;
  readonly until: Timestamp | undefined;
  readonly property: PropertyRef;
  readonly increment: number;
  last: readonly BacnetValue[];
  lastFlags: readonly BacnetValue[];
  /** Confirmed notifications that wait for their acknowledgement. */
  underWay: number;
  /** The last one was not acknowledged: it is told what is true then until it answers, one at a time. */
  silent: boolean;
}

export interface CovServerOptions {
  readonly device: number;
  readonly objects: ReadonlyMap<number, ServedObject>;
  readonly application: () => Application;
  readonly env: AdapterEnv;
  readonly capacity: number;
  /** How long one confirmed notification waits for its acknowledgement before it is sent again. */
  readonly timeoutMs: number;
}

const noSpace = ErrorCode.NO_SPACE_TO_ADD_LIST_ELEMENT;

/** Keeps subscriptions and tells subscribers what has changed since they were told last. */
export class CovServer {
  readonly #options: CovServerOptions;
  readonly #subscribers = new Map<string, Subscriber>();
  notifications = 0;
  unacknowledged = 0;

  constructor(options: CovServerOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#subscribers.size;
  }

  subscribe(data: Buffer, ofProperty: boolean, station: Station): undefined {
    const subscription = decodeSubscribeCov(data, ofProperty);
    const object = this.#options.objects.get(objectKey(subscription.object));
    if (!object) throw refusal(ErrorClass.OBJECT, ErrorCode.UNKNOWN_OBJECT);
    const property = subscription.property ?? { property: PropertyIdentifier.PRESENT_VALUE };
    const key = `${station.key}#${subscription.process}#${objectKey(subscription.object)}#${ofProperty ? `${property.property}.${property.index ?? ""}` : ""}`;
    if (subscription.lifetimeSeconds === undefined) return void this.#subscribers.delete(key);
    if (!ofProperty && !object.properties.has(PropertyIdentifier.STATUS_FLAGS)) {
      throw refusal(ErrorClass.OBJECT, ErrorCode.OPTIONAL_FUNCTIONALITY_NOT_SUPPORTED);
    }
    // Reading it once shows whether the property is there; a subscription to nothing is refused.
    readProperty(object, property.property, property.index);
    this.#forgetExpired();
    if (!this.#subscribers.has(key) && this.#subscribers.size >= this.#options.capacity) throw refusal(ErrorClass.RESOURCES, noSpace);
    const subscriber: Subscriber = {
      station,
      subscription,
      property,
      until: subscription.lifetimeSeconds === 0 ? undefined : this.#options.env.time.now() + subscription.lifetimeSeconds * usPerSecond,
      increment: subscription.increment ?? object.covIncrement ?? 0,
      last: [],
      lastFlags: [],
      underWay: 0,
      silent: false,
    };
    this.#subscribers.set(key, subscriber);
    // The first notification follows the acknowledgement, which leaves when this call has returned.
    this.#options.env.timers.after(0, () => this.#subscribers.get(key) === subscriber && this.#tell(subscriber, object, true));
    return undefined;
  }

  /** Looks at every object somebody watches and tells what has moved far enough. */
  look(): void {
    this.#forgetExpired();
    for (const subscriber of this.#subscribers.values()) {
      const object = this.#options.objects.get(objectKey(subscriber.subscription.object));
      if (object) this.#tell(subscriber, object, false);
    }
  }

  clear(): void {
    this.#subscribers.clear();
  }

  #tell(subscriber: Subscriber, object: ServedObject, always: boolean): void {
    const { property, increment, subscription, until } = subscriber;
    const values = readProperty(object, property.property, property.index);
    const flags = object.properties.has(PropertyIdentifier.STATUS_FLAGS) ? readProperty(object, PropertyIdentifier.STATUS_FLAGS) : [];
    if (subscriber.silent && subscriber.underWay > 0) return;
    if (!always && !moved(subscriber.last, values, increment) && !moved(subscriber.lastFlags, flags, 0)) return;
    subscriber.last = values;
    subscriber.lastFlags = flags;
    this.notifications++;
    const now = this.#options.env.time.now();
    const notification = encodeCovNotification({
      process: subscription.process,
      device: this.#options.device,
      object: object.id,
      secondsLeft: until === undefined ? 0 : Math.max(1, Math.round((until - now) / usPerSecond)),
      values: [{ ...property, values }, ...(flags.length > 0 ? [{ property: PropertyIdentifier.STATUS_FLAGS, values: flags }] : [])],
    });
    const application = this.#options.application();
    if (!subscription.confirmed) return application.tell(unconfirmed.covNotification, notification, subscriber.station);
    subscriber.underWay++;
    void application.requester
      .request(subscriber.station, {
        service: confirmed.covNotification,
        data: notification,
        limits: { maxApdu: 480, takesSegments: false },
        timeoutMs: this.#options.timeoutMs,
        retries: 3,
        signal: new AbortController().signal,
        what: "a notification of change",
      })
      .then(
        () => (subscriber.silent = false),
        (error: unknown) => this.#unheard(subscriber, error),
      )
      .finally(() => subscriber.underWay--);
  }

  /** A subscriber that does not answer keeps its subscription until it runs out (clause 13.1), and has not been told. */
  #unheard(subscriber: Subscriber, error: unknown): void {
    this.#options.env.log.debug("a subscriber did not answer", { error: String(error) });
    this.unacknowledged++;
    subscriber.silent = true;
    subscriber.last = [];
  }

  #forgetExpired(): void {
    const now = this.#options.env.time.now();
    for (const [key, { until }] of this.#subscribers) if (until !== undefined && until < now) this.#subscribers.delete(key);
  }
}

function moved(before: readonly BacnetValue[], now: readonly BacnetValue[], increment: number): boolean {
  if (before.length !== now.length) return true;
  return before.some((old, i) => {
    const fresh = now[i]!;
    if (old.type !== fresh.type) return true;
    if ((old.type === "real" || old.type === "double") && "value" in fresh) {
      const gap = Math.abs(old.value - (fresh.value as number));
      return Number.isNaN(gap) ? !Object.is(old.value, fresh.value) : gap > 0 && gap >= increment;
    }
    return JSON.stringify(plain(old)) !== JSON.stringify(plain(fresh));
  });
}

function plain(value: BacnetValue): unknown {
  return "value" in value && typeof value.value === "bigint" ? String(value.value) : value;
}
