import { compile } from "#msgs/schema/check.ts";
import { Type } from "#msgs/schema/type.ts";
import { parseObject } from "../address.ts";
import { encodeAs } from "../points/encode-as.ts";
import { parseDate, parseTimeOfDay } from "../wire/date-time.ts";
import type { BacnetValue } from "../wire/value.ts";
import type { CalendarEntry, EffectivePeriod, ScheduleException, TimeValue, Week } from "./schedule.ts";

const timeValue = Type.Object(
  {
    time: Type.String(),
    value: Type.Union([Type.Number(), Type.Boolean(), Type.String(), Type.Null()]),
    as: Type.Optional(Type.Enum(["real", "enumerated", "unsigned", "signed", "boolean", "double", "text"])),
  },
  { additionalProperties: false },
);
const day = Type.Array(timeValue, { maxItems: 100 });
const week = compile(Type.Array(day, { minItems: 7, maxItems: 7 }));
const entry = Type.Union([
  Type.Object({ date: Type.String() }, { additionalProperties: false }),
  Type.Object({ from: Type.String(), to: Type.String() }, { additionalProperties: false }),
  Type.Object(
    {
      month: Type.Optional(Type.Integer({ minimum: 1, maximum: 14 })),
      week: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
      weekday: Type.Optional(Type.Integer({ minimum: 1, maximum: 7 })),
    },
    { additionalProperties: false },
  ),
]);
const calendar = compile(Type.Array(entry, { maxItems: 1_000 }));
const exceptions = compile(
  Type.Array(
    Type.Object(
      {
        period: Type.Union([entry, Type.Object({ calendar: Type.String() }, { additionalProperties: false })]),
        times: day,
        priority: Type.Integer({ minimum: 1, maximum: 16 }),
      },
      { additionalProperties: false },
    ),
    { maxItems: 1_000 },
  ),
);
const period = compile(Type.Object({ from: Type.String(), to: Type.String() }, { additionalProperties: false }));

export function writeWeek(value: unknown): readonly BacnetValue[] | string {
  if (!week.check(value)) return "a weekly schedule is seven lists, monday first, of { time, value }";
  return refusing(() => (value as Week).map((times) => ({ type: "group", tag: 0, items: writeTimes(times) })));
}

export function writeExceptions(value: unknown): readonly BacnetValue[] | string {
  if (!exceptions.check(value)) return "exceptions are a list of { period, times, priority }";
  return refusing(() =>
    (value as readonly ScheduleException[]).flatMap((exception): BacnetValue[] => [
      writePeriod(exception.period),
      { type: "group", tag: 2, items: writeTimes(exception.times) },
      { type: "context", tag: 3, value: Uint8Array.of(exception.priority) },
    ]),
  );
}

export function writeCalendar(value: unknown): readonly BacnetValue[] | string {
  if (!calendar.check(value)) return "a calendar is a list of { date }, { from, to } or { month, week, weekday }";
  return refusing(() => (value as readonly CalendarEntry[]).map(writeEntry));
}

export function writeEffectivePeriod(value: unknown): readonly BacnetValue[] | string {
  if (!period.check(value)) return "an effective period is { from, to }";
  const { from, to } = value as EffectivePeriod;
  return refusing(() => [writeDate(from), writeDate(to)]);
}

/** What the writers below cannot read is the caller's mistake, told in words. */
class Unreadable extends Error {}

function refusing(write: () => readonly BacnetValue[]): readonly BacnetValue[] | string {
  try {
    return write();
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
}

function writePeriod(where: ScheduleException["period"]): BacnetValue {
  if (!("calendar" in where)) return { type: "group", tag: 0, items: [writeEntry(where)] };
  const object = parseObject(where.calendar);
  if (typeof object === "string") throw new Unreadable(object);
  const id = Buffer.alloc(4);
  id.writeUInt32BE(((object.type << 22) | object.instance) >>> 0);
  return { type: "context", tag: 1, value: Uint8Array.from(id) };
}

function writeEntry(one: CalendarEntry): BacnetValue {
  if ("date" in one) return { type: "context", tag: 0, value: dateOctets(one.date) };
  if ("from" in one) return { type: "group", tag: 1, items: [writeDate(one.from), writeDate(one.to)] };
  return { type: "context", tag: 2, value: Uint8Array.of(one.month ?? 0xff, one.week ?? 0xff, one.weekday ?? 0xff) };
}

function writeTimes(times: readonly TimeValue[]): BacnetValue[] {
  return times.flatMap(({ time, value, as }): BacnetValue[] => {
    const at = parseTimeOfDay(time);
    if (!at) throw new Unreadable(`"${time.slice(0, 40)}" is not a time of day; write 07:30`);
    const type = as ?? (typeof value === "boolean" ? "enumerated" : typeof value === "string" ? "text" : "real");
    const encoded: BacnetValue | undefined = value === null ? { type: "null" } : encodeAs(type, value);
    if (!encoded) throw new Unreadable(`${JSON.stringify(value)} cannot be written as ${type}`);
    return [{ type: "time", value: at }, encoded];
  });
}

function writeDate(text: string): BacnetValue {
  const date = parseDate(text);
  if (!date) throw new Unreadable(`"${text.slice(0, 40)}" is not a date; write 2026-12-24, with * for any`);
  return { type: "date", value: date };
}

function dateOctets(text: string): Uint8Array {
  const date = writeDate(text);
  const { year, month, day: ofMonth, weekday } = date.type === "date" ? date.value : {};
  return Uint8Array.of(year === undefined ? 0xff : year - 1900, month ?? 0xff, ofMonth ?? 0xff, weekday ?? 0xff);
}
