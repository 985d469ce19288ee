import type { Timestamp } from "#msgs/time.ts";
import { usPerMs } from "#msgs/time.ts";
import { civilDay, daysSince1970, msPerDay, weekdayOf } from "./civil-day.ts";
import type { RawDate, RawDateTime, RawTime } from "./value.ts";

/** How a device's wall clock relates to UTC. Devices send local time; only some say where they are. */
export type DeviceZone = { readonly utcOffsetMinutes: number } | { readonly timeZone: string };

/** Undefined when a part of the day is a wildcard: such a date is a pattern, not an instant. */
export function instantOf({ date, time }: RawDateTime, zone: DeviceZone): Timestamp | undefined {
  const { year, month, day } = date;
  if (year === undefined || month === undefined || day === undefined || month > 12 || day > 31 || time.hour === undefined) return undefined;
  const ofDay = ((time.hour * 60 + (time.minute ?? 0)) * 60 + (time.second ?? 0)) * 1000 + (time.hundredths ?? 0) * 10;
  const local = daysSince1970(year, month, day) * msPerDay + ofDay;
  return (local - offsetMs(local, zone)) * usPerMs;
}

export function dateTimeOf(at: Timestamp, zone: DeviceZone): RawDateTime {
  const utc = Math.floor(at / usPerMs);
  const local = utc + offsetAt(utc, zone);
  const days = Math.floor(local / msPerDay);
  const ofDay = local - days * msPerDay;
  const { year, month, day } = civilDay(days);
  return {
    date: { year, month, day, weekday: weekdayOf(days) },
    time: {
      hour: Math.floor(ofDay / 3_600_000),
      minute: Math.floor(ofDay / 60_000) % 60,
      second: Math.floor(ofDay / 1000) % 60,
      hundredths: Math.floor((ofDay % 1000) / 10),
    },
  };
}

/** The offset that local wall time has; in the hour that happens twice the first pass is taken. */
function offsetMs(local: number, zone: DeviceZone): number {
  if ("utcOffsetMinutes" in zone) return zone.utcOffsetMinutes * 60_000;
  const first = offsetAt(local - offsetAt(local, zone), zone);
  const earlier = offsetAt(local - first - 3_600_000, zone);
  return earlier !== first && offsetAt(local - earlier, zone) === earlier ? earlier : first;
}

function offsetAt(utc: number, zone: DeviceZone): number {
  if ("utcOffsetMinutes" in zone) return zone.utcOffsetMinutes * 60_000;
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone.timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(utc);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const ofDay = ((of("hour") * 60 + of("minute")) * 60 + of("second")) * 1000;
  const local = daysSince1970(of("year"), of("month"), of("day")) * msPerDay + ofDay;
  return local - Math.floor(utc / 1000) * 1000;
}

/** "2026-11-20", with "*" for what is not fixed; the weekday follows only when it is all that is fixed: "*-*-* mon". */
export function formatDate(date: RawDate): string {
  const part = (value: number | undefined, width: number) => (value === undefined ? "*" : String(value).padStart(width, "0"));
  const month = date.month === 13 ? "odd" : date.month === 14 ? "even" : part(date.month, 2);
  const day = date.day === 32 ? "last" : date.day === 33 ? "odd" : date.day === 34 ? "even" : part(date.day, 2);
  const fixed = date.year !== undefined && date.month !== undefined && date.month <= 12 && date.day !== undefined && date.day <= 31;
  const weekday = !fixed && date.weekday !== undefined ? ` ${weekdays[date.weekday - 1] ?? date.weekday}` : "";
  return `${part(date.year, 4)}-${month}-${day}${weekday}`;
}

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export function parseDate(text: string): RawDate | undefined {
  const match = /^(\d{4}|\*)-(\d{1,2}|\*|odd|even)-(\d{1,2}|\*|last|odd|even)(?: (mon|tue|wed|thu|fri|sat|sun))?$/.exec(text.trim());
  if (!match) return undefined;
  const [, year, month, day, weekday] = match;
  const months: Record<string, number> = { odd: 13, even: 14 };
  const days: Record<string, number> = { last: 32, odd: 33, even: 34 };
  const date: RawDate = {
    ...(year !== "*" && { year: Number(year) }),
    ...(month !== "*" && { month: months[month!] ?? Number(month) }),
    ...(day !== "*" && { day: days[day!] ?? Number(day) }),
    ...(weekday && { weekday: weekdays.indexOf(weekday as (typeof weekdays)[number]) + 1 }),
  };
  if ((date.year ?? 2000) < 1900 || (date.year ?? 2000) > 2154 || (date.month ?? 1) < 1 || (date.month ?? 1) > 14) return undefined;
  if ((date.day ?? 1) < 1 || (date.day ?? 1) > 34) return undefined;
  return date.weekday === undefined ? withWeekday(date) : date;
}

function withWeekday(date: RawDate): RawDate {
  const { year, month, day } = date;
  if (year === undefined || month === undefined || month > 12 || day === undefined || day > 31) return date;
  return { ...date, weekday: weekdayOf(daysSince1970(year, month, day)) };
}

/** "07:30", "07:30:15" or "07:30:15.25"; "*" for what is not fixed. */
export function formatTimeOfDay(time: RawTime): string {
  const part = (value: number | undefined) => (value === undefined ? "*" : String(value).padStart(2, "0"));
  const base = `${part(time.hour)}:${part(time.minute)}`;
  if (time.hundredths) return `${base}:${part(time.second)}.${part(time.hundredths)}`;
  return time.second === 0 || time.second === undefined ? base : `${base}:${part(time.second)}`;
}

export function parseTimeOfDay(text: string): RawTime | undefined {
  const match = /^(\d{1,2}|\*):(\d{2}|\*)(?::(\d{2}|\*)(?:\.(\d{2}))?)?$/.exec(text.trim());
  if (!match) return undefined;
  const [hour, minute, second, hundredths] = match
    .slice(1, 5)
    .map((part) => (part === undefined ? 0 : part === "*" ? undefined : Number(part)));
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return undefined;
  return {
    ...(hour !== undefined && { hour }),
    ...(minute !== undefined && { minute }),
    ...(second !== undefined && { second }),
    ...(hundredths !== undefined && { hundredths }),
  };
}
