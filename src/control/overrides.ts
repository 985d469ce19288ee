import type { LiveTime } from "#src/contract/clock.ts";
import type { Principal, Verdict } from "#src/contract/control.ts";
import type { Command, Priority } from "#msgs/command.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { EffectState } from "./effect.ts";
import type { SlotTable } from "./slot-table.ts";
import type { Slot } from "./slots.ts";
import { filled, isOverride } from "./slots.ts";

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
  readonly time: LiveTime;
  readonly slots: SlotTable;
  readonly effectOf: (point: PointId) => EffectState;
  readonly submit: (command: Command, by: Principal) => Verdict;
}

/** Overrides that cannot be forgotten: listed here, and released when their time is over (`expiries.ts`). */
export class Overrides {
  readonly #parts: OverridesParts;

  constructor(parts: OverridesParts) {
    this.#parts = parts;
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
}
