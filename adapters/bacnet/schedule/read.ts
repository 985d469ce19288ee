import { formatDate, formatTimeOfDay } from "../wire/date-time.ts";
import { Malformed } from "../wire/malformed.ts";
import { TagReader } from "../wire/tag-reader.ts";
import { TagWriter } from "../wire/tag-writer.ts";
import type { BacnetValue, RawDate } from "../wire/value.ts";
import { formatObject } from "../address.ts";
import type { CalendarEntry, EffectivePeriod, ScheduleException, TimeValue, Week } from "./schedule.ts";

/** The seven days of a weekly schedule: each stands in a group of tag 0. */
export function readWeek(values: readonly BacnetValue[]): Week {
  return values.map((day) => (day.type === "group" && day.tag === 0 ? readTimes(day.items) : []));
}

/** Special events: a period, its times, a priority. Read from the tags again, because their order is what tells them apart. */
export function readExceptions(values: readonly BacnetValue[]): ScheduleException[] {
  const reader = new TagReader(new TagWriter().values(values).bytes());
  const exceptions: ScheduleException[] = [];
  while (!reader.atEnd) {
    const period = reader.isContext(1) ? { calendar: formatObject(reader.contextObject(1)) } : readGrouped(reader);
    reader.open(2);
    const times = readTimes(reader.valuesUntil(2));
    exceptions.push({ period, times, priority: reader.contextUnsigned(3) });
  }
  return exceptions;
}

export function readCalendar(values: readonly BacnetValue[]): CalendarEntry[] {
  const reader = new TagReader(new TagWriter().values(values).bytes());
  const entries: CalendarEntry[] = [];
  while (!reader.atEnd) entries.push(readEntry(reader));
  return entries;
}

export function readEffectivePeriod(values: readonly BacnetValue[]): EffectivePeriod {
  const [from, to] = values;
  if (from?.type !== "date" || to?.type !== "date") throw new Malformed("an effective period is two dates");
  return { from: formatDate(from.value), to: formatDate(to.value) };
}

function readGrouped(reader: TagReader): CalendarEntry {
  reader.open(0);
  const entry = readEntry(reader);
  reader.close(0);
  return entry;
}

function readEntry(reader: TagReader): CalendarEntry {
  if (reader.isContext(0)) return { date: formatDate(reader.contextDate(0)) };
  if (reader.tryOpen(1)) {
    const from: RawDate = reader.expect("date").value;
    const to: RawDate = reader.expect("date").value;
    reader.close(1);
    return { from: formatDate(from), to: formatDate(to) };
  }
  const octets = reader.contextOctets(2);
  const [month = 0xff, week = 0xff, weekday = 0xff] = octets;
  return { ...(month !== 0xff && { month }), ...(week !== 0xff && { week }), ...(weekday !== 0xff && { weekday }) };
}

function readTimes(values: readonly BacnetValue[]): TimeValue[] {
  const times: TimeValue[] = [];
  for (let i = 0; i + 1 < values.length; i += 2) {
    const [time, value] = [values[i]!, values[i + 1]!];
    if (time.type !== "time") throw new Malformed("a schedule's times and values do not alternate");
    times.push({ time: formatTimeOfDay(time.value), ...readValue(value) });
  }
  return times;
}

function readValue(value: BacnetValue): Pick<TimeValue, "value" | "as"> {
  switch (value.type) {
    case "null":
      return { value: null };
    case "real":
    case "double":
    case "enumerated":
      return { value: value.value, as: value.type };
    case "unsigned":
    case "signed":
      return { value: typeof value.value === "bigint" ? String(value.value) : value.value, as: value.type };
    case "boolean":
    case "text":
      return { value: value.value, as: value.type };
    default:
      throw new Malformed(`a schedule of ${value.type}`);
  }
}
