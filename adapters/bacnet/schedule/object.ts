import { GatewayError } from "#src/kit/errors.ts";
import { understood, type Conversation, type Got } from "../peer/conversation.ts";
import type { Peer } from "../peer/peer.ts";
import { encodeAs } from "../points/encode-as.ts";
import { plainValues } from "../points/value-text.ts";
import type { BacnetValue, ObjectId } from "../wire/value.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";
import { readCalendar, readEffectivePeriod, readExceptions, readWeek } from "./read.ts";
import type { CalendarEntry, EffectivePeriod, ScheduleException, Week } from "./schedule.ts";
import { writeCalendar, writeEffectivePeriod, writeExceptions, writeWeek } from "./write.ts";

/** A whole schedule, as much of it as the device has. */
export interface ScheduleObject {
  readonly weekly?: Week;
  readonly exceptions?: readonly ScheduleException[];
  readonly effective?: EffectivePeriod;
  readonly default?: unknown;
  readonly now?: unknown;
}

export async function readScheduleObject(
  conversation: Conversation,
  peer: Peer,
  object: ObjectId,
  signal: AbortSignal,
): Promise<ScheduleObject> {
  const properties = [P.WEEKLY_SCHEDULE, P.EXCEPTION_SCHEDULE, P.EFFECTIVE_PERIOD, P.SCHEDULE_DEFAULT, P.PRESENT_VALUE];
  const got = await conversation.readAll(
    peer,
    properties.map((property) => ({ object, property })),
    signal,
  );
  if (got.every((one) => !("values" in one)))
    throw new GatewayError("bad-address", `there is no schedule ${object.instance} at ${peer.name}`, { sent: true });
  const [week, exceptions, effective, byDefault, now] = got;
  return understood("reading a schedule", () => ({
    ...taken(week, (values) => ({ weekly: readWeek(values) })),
    ...taken(exceptions, (values) => ({ exceptions: readExceptions(values) })),
    ...taken(effective, (values) => ({ effective: readEffectivePeriod(values) })),
    ...taken(byDefault, (values) => ({ default: plainValues(values)[0] })),
    ...taken(now, (values) => ({ now: plainValues(values)[0] })),
  }));
}

/** Writes the parts that are given, one property after the other, the default last: it may hold at once. */
export async function writeScheduleObject(
  conversation: Conversation,
  peer: Peer,
  object: ObjectId,
  parts: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<void> {
  const writes: (readonly [number, readonly BacnetValue[]])[] = [];
  if (parts["effective"] !== undefined) writes.push([P.EFFECTIVE_PERIOD, accepted(writeEffectivePeriod(parts["effective"]))]);
  if (parts["exceptions"] !== undefined) writes.push([P.EXCEPTION_SCHEDULE, accepted(writeExceptions(parts["exceptions"]))]);
  if (parts["weekly"] !== undefined) writes.push([P.WEEKLY_SCHEDULE, accepted(writeWeek(parts["weekly"]))]);
  if (parts["default"] !== undefined) writes.push([P.SCHEDULE_DEFAULT, [defaultOf(parts["default"])]]);
  if (writes.length === 0) throw new GatewayError("device-refused", "nothing to write: give weekly, exceptions, effective or default");
  for (const [property, values] of writes) await conversation.write(peer, { object, property, values }, signal);
}

export async function readCalendarObject(
  conversation: Conversation,
  peer: Peer,
  object: ObjectId,
  signal: AbortSignal,
): Promise<{ entries: CalendarEntry[]; now: unknown }> {
  const values = await conversation.read(peer, { object, property: P.DATE_LIST }, signal);
  const now = await conversation.read(peer, { object, property: P.PRESENT_VALUE }, signal);
  return understood("reading a calendar", () => ({ entries: readCalendar(values), now: plainValues(now)[0] }));
}

export async function writeCalendarObject(
  conversation: Conversation,
  peer: Peer,
  object: ObjectId,
  entries: unknown,
  signal: AbortSignal,
): Promise<void> {
  await conversation.write(peer, { object, property: P.DATE_LIST, values: accepted(writeCalendar(entries)) }, signal);
}

function taken<T>(got: Got | undefined, read: (values: readonly BacnetValue[]) => T): T | Record<string, never> {
  return got && "values" in got ? read(got.values) : {};
}

function accepted(written: readonly BacnetValue[] | string): readonly BacnetValue[] {
  if (typeof written === "string") throw new GatewayError("device-refused", written);
  return written;
}

function defaultOf(value: unknown): BacnetValue {
  if (value === null) return { type: "null" };
  return encodeAs(typeof value === "boolean" ? "enumerated" : "real", value as number | boolean) ?? { type: "null" };
}
