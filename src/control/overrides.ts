import type { LiveTime } from "#src/contract/clock.ts";
import type { Principal, Verdict } from "#src/contract/control.ts";
import type { Command, CommandStep, Priority } from "#msgs/command.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import { microseconds } from "#msgs/time.ts";
import type { ControlConfig } from "./control-config.ts";
import type { ControlTap } from "./control-tap.ts";
import type { EffectState } from "./effect.ts";
import type { Ledger } from "./ledger.ts";
import type { ControlRecord } from "./record.ts";
import type { SlotTable } from "./slot-table.ts";
import type { Slot } from "./slots.ts";
import { filled, isOverride, slotAt } from "./slots.ts";

/** Somebody's hand on a point: a slot at 8 or above, or any with a time to live. */
export interface Override {
  /** Point and priority, to name it by. */
  readonly id: string;
  readonly point: PointId;
  readonly priority: Priority;
  readonly value: Value;
  readonly by: string;
  readonly since: Timestamp;
  /** Absent: permanent, and then the reason says why. */
  readonly until?: Timestamp;
  readonly reason?: string;
  /** What the plant makes of the point; `masked` when a higher slot holds it. */
  readonly effect: EffectState | "masked";
  /** Its time is over and the release has not reached the device yet. */
  readonly overdue: boolean;
}

export interface OverridesParts {
  readonly config: ControlConfig;
  readonly time: LiveTime;
  readonly tap: ControlTap;
  readonly slots: SlotTable;
  readonly ledger: Ledger;
  readonly record: ControlRecord;
  readonly effectOf: (point: PointId) => EffectState;
  readonly submit: (command: Command, by: Principal) => Verdict;
  readonly submitOwn: (command: Command, by: Principal) => Verdict;
}

const expiry: Principal = { name: "expiry", kind: "program", role: "admin" };
/** Ends after which the slot is known to be empty here; after any other the release is tried again. */
const given: ReadonlySet<CommandStep["state"]> = new Set(["confirmed", "masked", "mismatch", "unknown"]);

/** Overrides that cannot be forgotten: listed, and released when their time is over, as a command of its own. */
export class Overrides {
  readonly #parts: OverridesParts;
  #count = 0;
  /** Releases under way; the slot that a failed one puts back must not start the next at once. */
  readonly #trying = new Set<string>();

  constructor(parts: OverridesParts) {
    this.#parts = parts;
    parts.slots.onChange((point, priority, slot) => this.#watch(point, priority, slot));
    parts.tap.onClock((fact) => {
      // A stall or a stop is time that passed; a corrected date is not, and eight hours stay eight hours.
      const by = fact.at - fact.from;
      if (by > 0 && fact.why !== "stalled" && fact.why !== "started") this.#postpone(by);
    });
  }

  /** Takes up what an earlier run left; what ran out meanwhile is released now. */
  begin(): void {
    for (const { point, priority, slot } of this.#all()) this.#watch(point, priority, slot);
  }

  list(): readonly Override[] {
    const now = this.#parts.time.now();
    return this.#all()
      .filter(({ priority, slot }) => isOverride(priority, slot))
      .map(({ point, priority, slot, isHolder }) => {
        const { value, by, since, until, reason } = slot;
        const about = { id: `${point}@${priority}`, point, priority, value, by, since };
        const effect = isHolder ? this.#parts.effectOf(point) : ("masked" as const);
        return {
          ...about,
          ...(until !== undefined && { until }),
          ...(reason !== undefined && { reason }),
          effect,
          overdue: until !== undefined && until <= now,
        };
      });
  }

  /** One release command for each; the caller has asked for confirmation. */
  releaseAll(
    by: Principal,
    id: string,
    options: { readonly isWanted?: (point: PointId) => boolean; readonly reason?: string | undefined } = {},
  ): readonly Verdict[] {
    const { isWanted = () => true, reason } = options;
    return this.list()
      .filter(({ point }) => isWanted(point))
      .map(({ point, priority }, index) =>
        this.#parts.submit(
          {
            id: `${id}.${index + 1}`,
            act: { do: "release", point },
            priority,
            asked: "overrides.release",
            ...(reason !== undefined && { reason }),
          },
          by,
        ),
      );
  }

  #all(): readonly { point: PointId; priority: Priority; slot: Slot; isHolder: boolean }[] {
    return [...this.#parts.slots.points()].flatMap((point) =>
      filled(this.#parts.slots.of(point)).map((entry, index) => ({ point, ...entry, isHolder: index === 0 })),
    );
  }

  #watch(point: PointId, priority: Priority, slot: Slot | undefined): void {
    const key = keyOf(point, priority);
    if (slot?.until === undefined) return this.#parts.tap.forget(key);
    if (this.#trying.has(key) && slot.until <= this.#parts.time.now()) return;
    this.#parts.tap.at(slot.until, key, "instant", () => this.#expire(point, priority, 0));
  }

  #expire(point: PointId, priority: Priority, attempt: number): void {
    const { slots, time, ledger, submitOwn } = this.#parts;
    if (slotAt(slots.of(point), priority)?.until === undefined) return;
    const id = `expiry-${time.now()}-${++this.#count}`;
    const command: Command = { id, act: { do: "release", point }, priority, asked: "override.expire", reason: "its time is over" };
    const verdict = submitOwn(command, expiry);
    if (verdict.status === "rejected") return this.#again(point, priority, attempt);
    this.#trying.add(keyOf(point, priority));
    ledger.onEnd(id, ({ state }) => {
      this.#trying.delete(keyOf(point, priority));
      if (!given.has(state)) this.#again(point, priority, attempt);
    });
  }

  #again(point: PointId, priority: Priority, attempt: number): void {
    const { config, tap } = this.#parts;
    const { first, ceiling } = config.expiryRetryMs;
    const slot = slotAt(this.#parts.slots.of(point), priority);
    if (slot?.until === undefined || slot.until > tap.now()) return;
    const due = tap.now() + microseconds(Math.min(ceiling, first * 2 ** Math.min(attempt, 20)));
    tap.at(due, keyOf(point, priority), "duration", () => this.#expire(point, priority, attempt + 1));
  }

  #postpone(byUs: number): void {
    const writes = this.#all().flatMap(({ point, priority, slot }) =>
      slot.until === undefined ? [] : [this.#parts.slots.change(point, priority, { ...slot, until: slot.until + byUs })],
    );
    if (writes.length > 0) this.#parts.record.write(writes, () => {});
  }
}

function keyOf(point: PointId, priority: Priority): string {
  return `override/${priority}/${point}`;
}
