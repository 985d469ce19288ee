import type { Command } from "#msgs/command.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Refusal } from "./gates.ts";
import type { Hand } from "./last-hands.ts";
import type { Slots } from "./slots.ts";
import { isSameValue, slotAt } from "./slots.ts";

/**
 * Our own commands wait in the lane like any other, and somebody's hand may have been quicker: an override that was renewed
 * must not run out by the old one's time, what was given back or set anew must not be reasserted, and a recipe that puts back what it
 * did must not undo what somebody else has done since.
 */
export function refuseOutdated(
  { id, act, priority, asked }: Command,
  slots: Slots,
  now: Timestamp,
  keepsSlots: boolean,
  /** Who changed a slot last that a recipe may have to put back. */
  hand?: Hand,
): Refusal | undefined {
  const slot = slotAt(slots, priority);
  if (asked === "override.expire") {
    const isDue = slot?.until !== undefined && slot.until <= now;
    return isDue ? undefined : outdated(slot ? "the slot was taken anew, and its time is not over" : "the slot was given back already");
  }
  if (asked === "recipe.compensate") {
    // What a device's own array made of our value has no command; that one may still be put back.
    if (slot) return slot.command !== undefined && slot.command !== memberOf(id) ? outdated(`${slot.by} has set it since`) : undefined;
    // Empty it may be because the member gave it back, or the device lost it; what another gave back is not filled again.
    const isAnothers = act.do === "set" && hand !== undefined && hand.command !== memberOf(id);
    return isAnothers ? outdated(`${hand.by} has given it back since`) : undefined;
  }
  if (asked !== "slot.reassert" || act.do !== "set") return undefined;
  // A device that keeps the slots has lost this one: that is why it is put back.
  const isThere = slot ? isSameValue(slot.value, act.value) : keepsSlots;
  return isThere ? undefined : outdated("the slot was changed meanwhile");
}

/** The way back of a recipe's member is named after it. */
export function wayBackOf(member: string): string {
  return `${member}.back`;
}

function memberOf(wayBack: string): string {
  return wayBack.slice(0, -".back".length);
}

function outdated(message: string): Refusal {
  return { code: "outdated", message };
}
