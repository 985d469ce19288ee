import type { Timestamp } from "#msgs/time.ts";

/** Where a log was read up to: the number of its last record and when that was written. */
export interface LogPosition {
  readonly log: string;
  readonly sequence: number;
  readonly time: Timestamp | undefined;
}

export function formatToken(position: LogPosition): string {
  return `${position.log}|${position.sequence}|${position.time ?? ""}`;
}

/** Undefined when the token is of another log: the point was bound to another one since, and that is read from its start. */
export function parseToken(token: string | undefined, log: string): LogPosition | undefined {
  const [name, sequence, time] = (token ?? "").split("|");
  if (name !== log || sequence === undefined || !/^\d+$/.test(sequence)) return undefined;
  return { log, sequence: Number(sequence), time: time === undefined || time === "" ? undefined : Number(time) };
}
