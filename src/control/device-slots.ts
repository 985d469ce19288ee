import type { LiveTime, Timers } from "#src/contract/clock.ts";
import type { Intake } from "#src/contract/bus.ts";
import type { Plant } from "#src/contract/gateway.ts";
import type { DeviceSide } from "#src/contract/control.ts";
import type { Priority } from "#msgs/command.ts";
import type { Point, PointId, Value } from "#msgs/point.ts";
import type { Log } from "#src/kit/log.ts";
import { microseconds } from "#msgs/time.ts";
import { messageOf } from "#src/kit/errors.ts";
import { inTime } from "./in-time.ts";
import type { ControlConfig } from "./control-config.ts";
import type { ControlRecord, RecordWrite, SlotRow } from "./record.ts";
import type { SlotTable } from "./slot-table.ts";
import type { Slot } from "./slots.ts";
import { isOverride, isSameValue, mirrored, slotAt } from "./slots.ts";

export interface DeviceSlotsParts {
  readonly config: ControlConfig;
  readonly devices: DeviceSide;
  readonly plant: Plant;
  readonly into: Intake;
  readonly timers: Timers;
  readonly time: LiveTime;
  readonly slots: SlotTable;
  readonly record: ControlRecord;
  readonly log: Log;
}

/** What the device's own array showed in the end. `writes` bring our mirror of it up to date. */
export type ArrayFinding =
  | { readonly is: "shown"; readonly holder: { priority: Priority; value: Value } | undefined; readonly writes: readonly RecordWrite[] }
  | { readonly is: "differ"; readonly message: string; readonly writes: readonly RecordWrite[] }
  | { readonly is: "silence"; readonly message: string; readonly writes: readonly RecordWrite[] };

/** How often an array is asked for that no command waits for. */
const readTries = 3;

type Shown = readonly (Value | null)[];

/** Reads and mirrors the priority arrays of devices that keep them themselves. */
export class DeviceSlots {
  readonly #parts: DeviceSlotsParts;
  /** Counts changes of our own: an array read before one of them says nothing about the slots after it. */
  readonly #changes = new Map<PointId, number>();

  constructor(parts: DeviceSlotsParts) {
    this.#parts = parts;
    parts.slots.onChange((point) => this.#changes.set(point, this.#changesOf(point) + 1));
  }

  isKeptBy(point: PointId): boolean {
    return this.#parts.devices.keepsSlots?.(point) ?? false;
  }

  /** Reads until the slot holds what was asked (null: is empty), or the time is up. */
  async settle(point: Point, priority: Priority, wanted: Value | null, withinMs: number, stop: AbortSignal): Promise<ArrayFinding> {
    const { time, timers, config } = this.#parts;
    const until = time.now() + microseconds(withinMs);
    let last: Shown | undefined;
    for (;;) {
      await pause(timers, last ? config.askEveryMs : 1);
      if (stop.aborted) return { is: "silence", message: "not looked for any more", writes: [] };
      const shown = await this.#read(point.id, stop);
      last = shown ?? last;
      if (shown && isAsWanted(shown[priority - 1] ?? null, wanted)) {
        return { is: "shown", holder: holderOf(shown), writes: this.#mirror(point.id, shown) };
      }
      if (time.now() >= until) return this.#notShown(point.id, priority, last, shown !== undefined);
    }
  }

  /** Which slot holds the point, asked now: null when all are empty, undefined when nobody answers. */
  async holder(point: PointId, stop: AbortSignal): Promise<{ priority: Priority; value: Value } | null | undefined> {
    const shown = await this.#tried(point, stop);
    return shown && (holderOf(shown) ?? null);
  }

  /** Reads outside of any command: at the start, when a link returns or its device restarted, when the plant stops following. */
  async refresh(point: PointId): Promise<boolean> {
    const shown = await this.#tried(point, new AbortController().signal);
    if (shown) this.keep(this.#mirror(point, shown));
    return shown !== undefined;
  }

  /** A device that does not answer yet, or whose slots were changed by us meanwhile, is read again a few times. */
  async #tried(point: PointId, stop: AbortSignal): Promise<Shown | undefined> {
    const { timers, config } = this.#parts;
    for (let left = readTries; left > 0 && !stop.aborted; left--) {
      const shown = await this.#read(point, stop);
      if (shown) return shown;
      if (left > 1) await pause(timers, config.askEveryMs);
    }
    return undefined;
  }

  keep(writes: readonly RecordWrite[]): void {
    if (writes.length > 0) this.#parts.record.write(writes, () => {});
  }

  #notShown(point: PointId, priority: Priority, last: Shown | undefined, isFresh: boolean): ArrayFinding {
    if (!last || !isFresh) return { is: "silence", message: `the slots of ${point} could not be read`, writes: [] };
    const held = last[priority - 1] ?? null;
    const message = `the device's slot ${priority} of ${point} ${held === null ? "is empty" : `holds ${String(held)}`}`;
    return { is: "differ", message, writes: this.#mirror(point, last) };
  }

  #mirror(point: PointId, shown: Shown): readonly RecordWrite[] {
    const { slots, time } = this.#parts;
    const before = slots.of(point);
    const writes = slots.mirror(point, mirrored(before, shown, time.now()));
    for (const write of writes) if (write.put === "slot") this.#tell(write.row, slotAt(before, write.row.priority));
    return writes;
  }

  /** What we write is told by its command; this was somebody else's doing. Only for what stands in the list of overrides, or did. */
  #tell({ point, priority, slot }: SlotRow, before: Slot | undefined): void {
    const about = slot ?? before;
    if (!about || !isOverride(priority, about)) return;
    const device = this.#parts.plant.points.get(point)?.device;
    const data = { priority, value: slot?.value ?? null, by: "device" };
    this.#parts.into.publish({ kind: "event", type: "override.changed", ...(device !== undefined && { device }), point, data });
  }

  #changesOf(point: PointId): number {
    return this.#changes.get(point) ?? 0;
  }

  async #read(point: PointId, stop: AbortSignal): Promise<Shown | undefined> {
    const { devices, timers, config, log } = this.#parts;
    const before = this.#changesOf(point);
    try {
      const shown = await inTime(timers, config.askTimeoutMs, (signal) => devices.slots!(point, AbortSignal.any([stop, signal])));
      return this.#changesOf(point) === before ? shown : undefined;
    } catch (error) {
      log.debug("the slots of a point could not be read", { point, why: messageOf(error) });
      return undefined;
    }
  }
}

function isAsWanted(held: Value | null, wanted: Value | null): boolean {
  if (held === null || wanted === null) return held === wanted;
  return isSameValue(held, wanted);
}

function holderOf(shown: Shown): { priority: Priority; value: Value } | undefined {
  const index = shown.findIndex((value) => value !== null);
  return index < 0 ? undefined : { priority: index + 1, value: shown[index]! };
}

function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => timers.after(ms, resolve));
}
