import type { Priority } from "#msgs/command.ts";
import type { Value } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";

/** One of a point's sixteen, filled. */
export interface Slot {
  readonly value: Value;
  /** The command that put it there; absent when the device's own array showed it and nobody here wrote it. */
  readonly command?: string;
  readonly by: string;
  readonly since: Timestamp;
  /** When it releases itself. */
  readonly until?: Timestamp;
  readonly reason?: string;
}

export const slotCount = 16;

/** Index 0 is priority 1. */
export type Slots = readonly (Slot | undefined)[];

export const emptySlots: Slots = Array.from({ length: slotCount }, () => undefined);

/** What a point should show: the highest slot's value, else its default; "leave" when there is nothing to say. */
export type Effective = { readonly value: Value; readonly priority?: Priority } | "leave";

export function effective(slots: Slots, fallback: Value | "leave"): Effective {
  const index = slots.findIndex((slot) => slot !== undefined);
  if (index >= 0) return { value: slots[index]!.value, priority: index + 1 };
  return fallback === "leave" ? "leave" : { value: fallback };
}

export function slotAt(slots: Slots, priority: Priority): Slot | undefined {
  return slots[priority - 1];
}

export function withSlot(slots: Slots, priority: Priority, slot: Slot | undefined): Slots {
  return slots.map((old, index) => (index === priority - 1 ? slot : old));
}

export function isEmpty(slots: Slots): boolean {
  return slots.every((slot) => slot === undefined);
}

export function filled(slots: Slots): { readonly priority: Priority; readonly slot: Slot }[] {
  return slots.flatMap((slot, index) => (slot ? [{ priority: index + 1, slot }] : []));
}

/**
 * A device's own array laid over what we know about it. Where it holds what we wrote, who and until when is kept; where it
 * holds something else, another master wrote it; where it is empty, it is empty.
 */
export function mirrored(known: Slots, shown: readonly (Value | null)[], at: Timestamp): Slots {
  return emptySlots.map((_, index) => {
    const value = shown[index] ?? null;
    const old = known[index];
    if (value === null) return undefined;
    return old && isSameValue(old.value, value) ? old : { value, by: "device", since: at };
  });
}

/** A device may hand a boolean back as 0 or 1, and a 32-bit float as its nearest double. */
export function isSameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a === "string" || typeof b === "string") return String(a) === String(b);
  return Math.fround(Number(a)) === Math.fround(Number(b));
}

/** Somebody's hand on a point: at 8 or above, or with an end of its own. */
export function isOverride(priority: Priority, slot: Slot): boolean {
  return priority <= 8 || slot.until !== undefined;
}
