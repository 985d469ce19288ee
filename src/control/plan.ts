import type { Command, Priority } from "#msgs/command.ts";
import type { Control, Value } from "#msgs/point.ts";
import type { Slots } from "./slots.ts";
import { effective, slotAt, withSlot } from "./slots.ts";

/**
 * What carrying out a command means at the device. `target` is what the plant must then show; undefined when nothing in
 * particular is expected of it.
 */
export type Plan =
  | { readonly do: "mask"; readonly heldBy: { readonly priority: Priority; readonly value: Value } }
  | { readonly do: "write"; readonly value: Value; readonly priority: Priority; readonly target: Value }
  | { readonly do: "look"; readonly target: Value | undefined }
  | { readonly do: "device-slot"; readonly value: Value | null }
  | { readonly do: "call" };

/** Pure: from the slots as they are to what must go out. `keepsSlots`: the device has the sixteen itself and sorts it out. */
export function planOf(command: Command, control: Control | undefined, slots: Slots, keepsSlots: boolean): Plan {
  const { act, priority } = command;
  if (act.do === "call" || !control) return { do: "call" };
  if (control.mode === "momentary") {
    return act.do === "set" ? { do: "write", value: act.value, priority, target: act.value } : { do: "look", target: undefined };
  }
  if (keepsSlots) return { do: "device-slot", value: act.do === "set" ? act.value : null };
  return act.do === "set" ? planSet(act.value, priority, slots) : planRelease(priority, slots, control.default);
}

function planSet(value: Value, priority: Priority, slots: Slots): Plan {
  const above = effective(slots, "leave");
  if (above !== "leave" && above.priority! < priority) return { do: "mask", heldBy: { priority: above.priority!, value: above.value } };
  return { do: "write", value, priority, target: value };
}

/** Giving back the slot that held the output writes what holds it next; giving back another changes nothing at the device. */
function planRelease(priority: Priority, slots: Slots, fallback: Value | "leave"): Plan {
  const before = effective(slots, fallback);
  const held = before !== "leave" && before.priority === priority && slotAt(slots, priority) !== undefined;
  const after = effective(withSlot(slots, priority, undefined), fallback);
  if (after === "leave") return { do: "look", target: undefined };
  if (!held) return { do: "look", target: after.value };
  return { do: "write", value: after.value, priority: after.priority ?? 16, target: after.value };
}

/** What a plan puts on the device, for the gates: undefined when nothing. */
export function writtenBy(plan: Plan, command: Command): Value | undefined {
  if (plan.do === "write") return plan.value;
  if (plan.do === "mask") return command.act.do === "set" ? command.act.value : undefined;
  return plan.do === "device-slot" ? (plan.value ?? undefined) : undefined;
}
