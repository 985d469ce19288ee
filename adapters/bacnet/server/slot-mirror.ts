import type { Fact } from "#msgs/fact.ts";
import type { PointId, Value } from "#msgs/point.ts";

/**
 * What the desk has put into which slot of which point, as the steps of commands tell it. The desk is the authority; this is
 * what a BACnet client sees as the priority array.
 */
export class SlotMirror {
  readonly #slots = new Map<PointId, (Value | null)[]>();
  readonly #points: ReadonlySet<PointId>;

  constructor(points: ReadonlySet<PointId>) {
    this.#points = points;
  }

  see(fact: Fact): boolean {
    if (fact.kind !== "command") return false;
    const { command, state } = fact.step;
    const { act, priority } = command;
    // From when the far side answered; a command that was refused or never left changes no slot.
    if (act.do === "call" || !this.#points.has(act.point) || !["sent", "confirmed", "masked", "mismatch"].includes(state)) return false;
    const slots = this.#slots.get(act.point) ?? new Array<Value | null>(16).fill(null);
    slots[priority - 1] = act.do === "set" ? act.value : null;
    this.#slots.set(act.point, slots);
    return true;
  }

  of(point: PointId): readonly (Value | null)[] {
    return this.#slots.get(point) ?? new Array<Value | null>(16).fill(null);
  }
}
