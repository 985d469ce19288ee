import { TagReader } from "../tag-reader.ts";
import { TagWriter } from "../tag-writer.ts";
import type { BacnetValue, ObjectId, PropertyRef } from "../value.ts";

/** Without `lifetimeSeconds` the subscription is cancelled. */
export interface CovSubscription {
  readonly process: number;
  readonly object: ObjectId;
  readonly confirmed?: boolean;
  readonly lifetimeSeconds?: number;
  /** For SubscribeCOVProperty; absent for SubscribeCOV, which watches present value and status flags. */
  readonly property?: PropertyRef;
  readonly increment?: number;
}

export function encodeSubscribeCov(subscription: CovSubscription): Buffer {
  const writer = new TagWriter(48).contextUnsigned(0, subscription.process).contextObject(1, subscription.object);
  if (subscription.lifetimeSeconds !== undefined) {
    writer.contextBoolean(2, subscription.confirmed === true).contextUnsigned(3, subscription.lifetimeSeconds);
  }
  if (!subscription.property) return writer.bytes();
  writer.open(4).contextUnsigned(0, subscription.property.property);
  if (subscription.property.index !== undefined) writer.contextUnsigned(1, subscription.property.index);
  writer.close(4);
  if (subscription.increment !== undefined) writer.contextReal(5, subscription.increment);
  return writer.bytes();
}

export function decodeSubscribeCov(data: Buffer, ofProperty: boolean): CovSubscription {
  const reader = new TagReader(data);
  const process = reader.contextUnsigned(0);
  const object = reader.contextObject(1);
  const confirmed = reader.isContext(2) ? reader.contextBoolean(2) : undefined;
  const lifetime = reader.tryContextUnsigned(3);
  // A subscription without a lifetime but with the other field is one that lives for ever: zero seconds says the same.
  const lifetimeSeconds = confirmed === undefined ? lifetime : (lifetime ?? 0);
  const base = {
    process,
    object,
    ...(confirmed !== undefined && { confirmed }),
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
  };
  if (!ofProperty) return base;
  reader.open(4);
  const property = reader.contextUnsigned(0);
  const index = reader.tryContextUnsigned(1);
  reader.close(4);
  const increment = reader.isContext(5) ? reader.contextReal(5) : undefined;
  return { ...base, property: index === undefined ? { property } : { property, index }, ...(increment !== undefined && { increment }) };
}

export interface CovNotification {
  readonly process: number;
  readonly device: number;
  readonly object: ObjectId;
  readonly secondsLeft: number;
  readonly values: readonly (PropertyRef & { readonly values: readonly BacnetValue[] })[];
}

export function encodeCovNotification(notification: CovNotification): Buffer {
  const writer = new TagWriter(96)
    .contextUnsigned(0, notification.process)
    .contextObject(1, { type: 8, instance: notification.device })
    .contextObject(2, notification.object)
    .contextUnsigned(3, notification.secondsLeft)
    .open(4);
  for (const { property, index, values } of notification.values) {
    writer.contextUnsigned(0, property);
    if (index !== undefined) writer.contextUnsigned(1, index);
    writer.open(2).values(values).close(2);
  }
  return writer.close(4).bytes();
}

export function decodeCovNotification(data: Buffer): CovNotification {
  const reader = new TagReader(data);
  const process = reader.contextUnsigned(0);
  const device = reader.contextObject(1).instance;
  const object = reader.contextObject(2);
  const secondsLeft = reader.contextUnsigned(3);
  const values: (PropertyRef & { values: readonly BacnetValue[] })[] = [];
  reader.open(4);
  while (!reader.isClosing(4)) {
    const property = reader.contextUnsigned(0);
    const index = reader.tryContextUnsigned(1);
    reader.open(2);
    values.push({ property, ...(index !== undefined && { index }), values: reader.valuesUntil(2) });
    // Some devices add the priority at which the value was written.
    reader.tryContextUnsigned(3);
  }
  reader.close(4);
  return { process, device, object, secondsLeft, values };
}
