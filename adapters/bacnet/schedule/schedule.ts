import type { Value } from "#msgs/point.ts";

/** From this time of the day on the value holds; null hands back to the schedule's default. */
export interface TimeValue {
  readonly time: string;
  readonly value: Value | null;
  /** How the value is encoded; absent: a number is a real, a boolean an enumerated. */
  readonly as?: "real" | "enumerated" | "unsigned" | "signed" | "boolean" | "double" | "text";
}

/** Monday first. */
export type Week = readonly (readonly TimeValue[])[];

/** "2026-12-24", a range of days, or "the last friday of any month": what a calendar and an exception name days by. */
export type CalendarEntry =
  | { readonly date: string }
  | { readonly from: string; readonly to: string }
  /** Week 1 to 5 counts days 1-7, 8-14, …, 6 is the last seven days; month 13 is odd, 14 even; absent means any. */
  | { readonly month?: number; readonly week?: number; readonly weekday?: number };

export interface ScheduleException {
  readonly period: CalendarEntry | { readonly calendar: string };
  readonly times: readonly TimeValue[];
  /** 1 to 16; the lowest wins where exceptions overlap. */
  readonly priority: number;
}

export interface EffectivePeriod {
  readonly from: string;
  readonly to: string;
}
