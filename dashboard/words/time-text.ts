import { usPerMs, type Timestamp } from "#msgs/time.ts";

/** Times of day in the viewer's zone; a screen that mixes zones must say so, this one has only one. */
export function clockText(at: Timestamp): string {
  return timePart(new Date(at / usPerMs));
}

/** With milliseconds, for the two times of a sample. */
export function exactText(at: Timestamp): string {
  const date = new Date(at / usPerMs);
  return `${timePart(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** With the day, wherever it could be another one than today. */
export function dayAndClockText(at: Timestamp): string {
  const date = new Date(at / usPerMs);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timePart(date)}`;
}

function timePart(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function two(part: number): string {
  return String(part).padStart(2, "0");
}
