import { TagReader } from "../tag-reader.ts";
import { TagWriter } from "../tag-writer.ts";
import type { BacnetValue, ObjectId } from "../value.ts";
import { readTimeStamp, type TimeStamp, writeTimeStamp } from "./time-stamp.ts";

/** What a device says when an object goes from one event state to another, or when somebody acknowledged it. */
export interface EventNotification {
  readonly process: number;
  readonly device: number;
  readonly object: ObjectId;
  readonly at: TimeStamp;
  readonly notificationClass: number;
  readonly priority: number;
  readonly eventType: number;
  readonly message?: string;
  /** 0 alarm, 1 event, 2 acknowledgement of one. */
  readonly notifyType: number;
  readonly ackRequired?: boolean;
  readonly fromState?: number;
  readonly toState: number;
  /** The parameters of the event type, as they came. */
  readonly parameters?: readonly BacnetValue[];
}

export function encodeEventNotification(event: EventNotification): Buffer {
  const writer = new TagWriter(128)
    .contextUnsigned(0, event.process)
    .contextObject(1, { type: 8, instance: event.device })
    .contextObject(2, event.object)
    .open(3);
  writeTimeStamp(writer, event.at)
    .close(3)
    .contextUnsigned(4, event.notificationClass)
    .contextUnsigned(5, event.priority)
    .contextUnsigned(6, event.eventType);
  if (event.message !== undefined) writer.contextText(7, event.message);
  writer.contextUnsigned(8, event.notifyType);
  if (event.ackRequired !== undefined) writer.contextBoolean(9, event.ackRequired);
  if (event.fromState !== undefined) writer.contextUnsigned(10, event.fromState);
  writer.contextUnsigned(11, event.toState);
  if (event.parameters) writer.open(12).values(event.parameters).close(12);
  return writer.bytes();
}

export function decodeEventNotification(data: Buffer): EventNotification {
  const reader = new TagReader(data);
  const process = reader.contextUnsigned(0);
  const device = reader.contextObject(1).instance;
  const object = reader.contextObject(2);
  reader.open(3);
  const at = readTimeStamp(reader);
  reader.close(3);
  const notificationClass = reader.contextUnsigned(4);
  const priority = reader.contextUnsigned(5);
  const eventType = reader.contextUnsigned(6);
  const message = reader.isContext(7) ? reader.contextText(7) : undefined;
  const notifyType = reader.contextUnsigned(8);
  const ackRequired = reader.isContext(9) ? reader.contextBoolean(9) : undefined;
  const fromState = reader.tryContextUnsigned(10);
  const toState = reader.contextUnsigned(11);
  const parameters = reader.tryOpen(12) ? reader.valuesUntil(12) : undefined;
  return {
    process,
    device,
    object,
    at,
    notificationClass,
    priority,
    eventType,
    ...(message !== undefined && { message }),
    notifyType,
    ...(ackRequired !== undefined && { ackRequired }),
    ...(fromState !== undefined && { fromState }),
    toState,
    ...(parameters && { parameters }),
  };
}

/** An object that is not in its normal state, or was not acknowledged. */
export interface EventSummary {
  readonly object: ObjectId;
  readonly state: number;
  /** To off-normal, to fault, to normal: false where an acknowledgement is still owed. */
  readonly acknowledged: readonly boolean[];
  readonly at: readonly TimeStamp[];
  readonly notifyType: number;
  readonly enabled: readonly boolean[];
  readonly priorities: readonly number[];
}

/** `after` continues a list that did not fit into one answer. */
export function encodeGetEventInformation(after: ObjectId | undefined): Buffer {
  const writer = new TagWriter(8);
  if (after) writer.contextObject(0, after);
  return writer.bytes();
}

export function decodeGetEventInformation(data: Buffer): ObjectId | undefined {
  const reader = new TagReader(data);
  return reader.isContext(0) ? reader.contextObject(0) : undefined;
}

export function encodeEventInformation(events: readonly EventSummary[], more: boolean): Buffer {
  const writer = new TagWriter(256).open(0);
  for (const event of events) {
    writer.contextObject(0, event.object).contextUnsigned(1, event.state).contextBits(2, event.acknowledged).open(3);
    for (const stamp of event.at) writeTimeStamp(writer, stamp);
    writer.close(3).contextUnsigned(4, event.notifyType).contextBits(5, event.enabled).open(6);
    for (const priority of event.priorities) writer.value({ type: "unsigned", value: priority });
    writer.close(6);
  }
  return writer.close(0).contextBoolean(1, more).bytes();
}

export function decodeEventInformation(data: Buffer): { events: EventSummary[]; more: boolean } {
  const reader = new TagReader(data);
  const events: EventSummary[] = [];
  reader.open(0);
  while (!reader.isClosing(0)) {
    const object = reader.contextObject(0);
    const state = reader.contextUnsigned(1);
    const acknowledged = reader.contextBits(2);
    const at: TimeStamp[] = [];
    reader.open(3);
    while (!reader.isClosing(3)) at.push(readTimeStamp(reader));
    reader.close(3);
    const notifyType = reader.contextUnsigned(4);
    const enabled = reader.contextBits(5);
    const priorities: number[] = [];
    reader.open(6);
    while (!reader.isClosing(6)) priorities.push(Number(reader.expect("unsigned").value));
    reader.close(6);
    events.push({ object, state, acknowledged, at, notifyType, enabled, priorities });
  }
  reader.close(0);
  return { events, more: reader.contextBoolean(1) };
}

export interface AlarmAcknowledgement {
  readonly process: number;
  readonly object: ObjectId;
  /** The state that is acknowledged, and when it was entered, exactly as the device said it. */
  readonly state: number;
  readonly at: TimeStamp;
  readonly by: string;
  readonly acknowledgedAt: TimeStamp;
}

export function encodeAcknowledgeAlarm(ack: AlarmAcknowledgement): Buffer {
  const writer = new TagWriter(96).contextUnsigned(0, ack.process).contextObject(1, ack.object).contextUnsigned(2, ack.state).open(3);
  writeTimeStamp(writer, ack.at).close(3).contextText(4, ack.by).open(5);
  return writeTimeStamp(writer, ack.acknowledgedAt).close(5).bytes();
}

export function decodeAcknowledgeAlarm(data: Buffer): AlarmAcknowledgement {
  const reader = new TagReader(data);
  const process = reader.contextUnsigned(0);
  const object = reader.contextObject(1);
  const state = reader.contextUnsigned(2);
  reader.open(3);
  const at = readTimeStamp(reader);
  reader.close(3);
  const by = reader.contextText(4);
  reader.open(5);
  const acknowledgedAt = readTimeStamp(reader);
  reader.close(5);
  return { process, object, state, at, by, acknowledgedAt };
}
