import type { CommandStep } from "#msgs/command.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { CommandRow } from "#src/control/record.ts";
import type { MemoryTables } from "#src/control/memory-record.ts";

/** Sixteen slots as a person would write them down: index 0 is priority 1, null is empty. */
export type Array16 = readonly (Value | null)[];

export const noSlots: Array16 = Array.from({ length: 16 }, () => null);

/** What the record holds of a point, now. */
export function arrayOf(tables: MemoryTables, point: PointId): Array16 {
  return Array.from({ length: 16 }, (_, index) => tables.slots.get(`${point} ${index + 1}`)?.slot?.value ?? null);
}

export function effectiveOf(array: Array16, fallback: Value | "leave"): Value | undefined {
  return array.find((value) => value !== null) ?? (fallback === "leave" ? undefined : fallback);
}

/** Whether a command in this state has the slot: it is on its way, or it may have been done. */
export function isTaken({ state, step }: CommandRow): boolean {
  if (state === "cancelled") return step.code === "superseded";
  return state === "sending" || state === "sent" || ["confirmed", "masked", "mismatch", "unknown"].includes(state);
}

/** Whether an expiry that ended `unknown` has left what stood in its slot standing. */
export type StandsAgain = (row: CommandRow, stood: Value | null) => boolean;

/** The slots as the states of a point's commands say, in the order in which its lane took them. */
export function paperSlots(tables: MemoryTables, queue: readonly string[], standsAgain: StandsAgain = () => false): Array16 {
  const paper: (Value | null)[] = Array.from({ length: 16 }, () => null);
  for (const id of queue) {
    const row = tables.commands.get(id);
    const act = row?.step.command.act;
    if (!row || !act || act.do === "call" || !isTaken(row)) continue;
    const index = row.step.command.priority - 1;
    if (standsAgain(row, paper[index]!)) continue;
    paper[index] = act.do === "set" ? act.value : null;
  }
  return paper;
}

/** A command may be released in the very instant in which what stood before it runs out: whoever is sent first was first. */
export function sentFirst(queue: readonly string[], expiry: string, isTied: (other: string) => boolean): string[] {
  const here = queue.indexOf(expiry);
  const tied = queue.findIndex((other) => other !== expiry && isTied(other));
  return tied >= 0 && tied < here ? queue.toSpliced(here, 1).toSpliced(tied, 0, expiry) : [...queue];
}

/** For a person who reads what was found. */
export function described({ command, state, code }: CommandStep): string {
  const { act, priority, id } = command;
  const about = act.do === "set" ? `set ${act.point} to ${String(act.value)}` : act.do === "release" ? `release ${act.point}` : "call";
  return `${id} (${about} at ${priority}) is ${state}${code ? ` (${code})` : ""}`;
}
