import type { LiveTime } from "#src/contract/clock.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Command } from "#msgs/command.ts";
import type { PointId } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import { microseconds } from "#msgs/time.ts";
import type { ControlConfig } from "./control-config.ts";
import type { Refusal, Target } from "./gates.ts";

interface Selection {
  readonly by: string;
  readonly until: Timestamp;
}

/**
 * Select before operate, as DNP3 and IEC 61850 mean it: reserves a point for one client's next write. It protects against this
 * gateway's own clients from each other and against nobody else. Kept in memory: a restart forgets every selection.
 */
export class Selects {
  readonly #time: LiveTime;
  readonly #config: ControlConfig;
  readonly #selected = new Map<PointId, Selection>();

  constructor(parts: { time: LiveTime; config: ControlConfig }) {
    this.#time = parts.time;
    this.#config = parts.config;
  }

  /** Whoever asks has passed the other gates for this point. */
  select(point: PointId, by: Principal): { readonly ok: true; readonly until: Timestamp } | ({ readonly ok: false } & Refusal) {
    const held = this.#current(point);
    if (held && held.by !== by.name) return { ok: false, ...lockedBy(point, held) };
    const until = this.#time.now() + microseconds(this.#config.selectMs);
    this.#selected.set(point, { by: by.name, until });
    return { ok: true, until };
  }

  refuse(command: Command, { point }: Target, by: Principal): Refusal | undefined {
    if (!point) return undefined;
    const held = this.#current(point.id);
    if (held) return held.by === by.name ? undefined : lockedBy(point.id, held);
    if (this.#config.selectRequired === "never" || point.control?.significance !== "critical" || command.act.do === "call")
      return undefined;
    return {
      code: "not-selected",
      message: `${point.id} is critical: select it first, then command it within ${this.#config.selectMs / 1_000} s`,
    };
  }

  /** One selection, one command. */
  use(point: PointId): void {
    this.#selected.delete(point);
  }

  #current(point: PointId): Selection | undefined {
    const held = this.#selected.get(point);
    if (!held || held.until > this.#time.now()) return held;
    this.#selected.delete(point);
    return undefined;
  }
}

function lockedBy(point: PointId, { by }: Selection): Refusal {
  return { code: "locked-by-other", message: `${point} is selected by ${by}` };
}
