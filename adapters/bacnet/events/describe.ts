import type { Timestamp } from "#msgs/time.ts";
import { formatObject } from "../address.ts";
import { plainValues } from "../points/value-text.ts";
import { instantOf, type DeviceZone } from "../wire/date-time.ts";
import type { EventNotification, EventSummary } from "../wire/services/event.ts";
import type { TimeStamp } from "../wire/services/time-stamp.ts";
import { eventStates, eventTypes, notifyTypes } from "../wire/vocabulary.ts";

/** An event notification as plain data; `stamp` is what an acknowledgement has to give back exactly. */
export function describeNotification(event: EventNotification): Record<string, unknown> {
  return {
    object: formatObject(event.object),
    eventType: eventTypes.name(event.eventType),
    notifyType: notifyTypes.name(event.notifyType),
    ...(event.fromState !== undefined && { from: eventStates.name(event.fromState) }),
    to: eventStates.name(event.toState),
    toState: event.toState,
    priority: event.priority,
    notificationClass: event.notificationClass,
    ...(event.message !== undefined && { message: event.message }),
    acknowledgementRequired: event.ackRequired === true,
    process: event.process,
    stamp: event.at,
    ...(event.parameters && { parameters: plainValues(event.parameters) }),
  };
}

/** An active event as plain data: the transition it is in, and the ones that still wait for an acknowledgement. */
export function describeSummary(event: EventSummary, zone: DeviceZone): Record<string, unknown> {
  const words = ["offnormal", "fault", "normal"];
  const stamp = event.at[transitionOf(event.state)];
  const since = stamp && timeOf(stamp, zone);
  return {
    object: formatObject(event.object),
    to: eventStates.name(event.state),
    toState: event.state,
    notifyType: notifyTypes.name(event.notifyType),
    unacknowledged: words.filter((_, i) => event.acknowledged[i] === false),
    ...(stamp && { stamp }),
    ...(since !== undefined && { since }),
    priorities: event.priorities,
  };
}

/** 0 to off-normal, 1 to fault, 2 to normal. */
export function transitionOf(state: number): 0 | 1 | 2 {
  return state === 0 ? 2 : state === 1 ? 1 : 0;
}

export function timeOf(stamp: TimeStamp, zone: DeviceZone): Timestamp | undefined {
  return stamp.kind === "date-time" ? instantOf(stamp.dateTime, zone) : undefined;
}

/** The same transition has the same words, however it came to be known. */
export function stampText(stamp: TimeStamp | undefined): string {
  if (!stamp) return "";
  if (stamp.kind === "sequence") return `#${stamp.number}`;
  const time = stamp.kind === "time" ? stamp.time : stamp.dateTime.time;
  const date = stamp.kind === "time" ? {} : stamp.dateTime.date;
  const part = (value: number | undefined) => (value === undefined ? "*" : String(value).padStart(2, "0"));
  return `${part(date.year)}${part(date.month)}${part(date.day)}T${part(time.hour)}${part(time.minute)}${part(time.second)}.${part(time.hundredths)}`;
}
