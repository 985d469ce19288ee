import type { Priority } from "#msgs/command.ts";
import type { PointId } from "#msgs/point.ts";
import type { RecordWrite, SlotRow } from "./record.ts";
import type { Slot, Slots } from "./slots.ts";
import { emptySlots, filled, isEmpty, slotAt, withSlot } from "./slots.ts";

/** What a slot held, as it is to be put back now. */
export type KeptSlot = () => Slot | undefined;

/** Every point's sixteen. Changes happen here at once and become durable with the step that made them. */
export class SlotTable {
  readonly #points = new Map<PointId, Slots>();
  #postponedUs = 0;
  readonly #onChange = new Set<(point: PointId, priority: Priority, slot: Slot | undefined) => void>();

  constructor(rows: readonly SlotRow[]) {
    for (const { point, priority, slot } of rows) this.#put(point, withSlot(this.of(point), priority, slot));
  }

  of(point: PointId): Slots {
    return this.#points.get(point) ?? emptySlots;
  }

  /** Points with at least one slot filled. */
  points(): Iterable<PointId> {
    return this.#points.keys();
  }

  /** Returns what must be written so that the change outlives the process. */
  change(point: PointId, priority: Priority, slot: Slot | undefined): RecordWrite {
    this.#put(point, withSlot(this.of(point), priority, slot));
    for (const see of this.#onChange) see(point, priority, slot);
    return { put: "slot", row: { point, priority, slot } };
  }

  /** The device's own array was read: only what differs is written. */
  mirror(point: PointId, shown: Slots): readonly RecordWrite[] {
    const known = this.of(point);
    return shown.flatMap((slot, index) => (slot === slotAt(known, index + 1) ? [] : [this.change(point, index + 1, slot)]));
  }

  /** A slot that may have to be put back later: its end moves along when the date is corrected meanwhile. */
  keep(slot: Slot | undefined): KeptSlot {
    const then = this.#postponedUs;
    return () => {
      const byUs = this.#postponedUs - then;
      return slot?.until === undefined || byUs === 0 ? slot : { ...slot, until: slot.until + byUs };
    };
  }

  /** The date was corrected by so much: what stands still runs for as long as it was given. */
  postpone(byUs: number): readonly RecordWrite[] {
    this.#postponedUs += byUs;
    return [...this.#points.keys()].flatMap((point) =>
      filled(this.of(point)).flatMap(({ priority, slot }) =>
        slot.until === undefined ? [] : [this.change(point, priority, { ...slot, until: slot.until + byUs })],
      ),
    );
  }

  onChange(see: (point: PointId, priority: Priority, slot: Slot | undefined) => void): void {
    this.#onChange.add(see);
  }

  #put(point: PointId, slots: Slots): void {
    if (isEmpty(slots)) this.#points.delete(point);
    else this.#points.set(point, slots);
  }
}
