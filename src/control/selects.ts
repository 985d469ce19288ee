import type { LiveTime } from "#src/contract/clock.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Command, CommandAct } from "#msgs/command.ts";
import type { PointId, Value } from "#msgs/point.ts";
import type { Timestamp } from "#msgs/time.ts";
import { microseconds } from "#msgs/time.ts";
import type { ControlConfig } from "./control-config.ts";
import type { Refusal, Target } from "./gates.ts";
import { isSameValue } from "./slots.ts";

/** What a point was selected for: any command when nothing is said. */
export type SelectedAct = { readonly do: "set"; readonly value: Value } | { readonly do: "release" };

interface Selection {
  readonly by: string;
  readonly until: Timestamp;
  readonly act: SelectedAct | undefined;
}

/**
 * Select before operate, as DNP3 and IEC 61850 mean it: reserves a point for one client's next write, and for the act and value it
 * was selected with. It protects this gateway's own clients from each other and against nobody else. Kept in memory: a restart
 * forgets every selection.
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
  select(
    point: PointId,
    by: Principal,
    act?: SelectedAct,
  ): { readonly ok: true; readonly until: Timestamp } | ({ readonly ok: false } & Refusal) {
    const held = this.#current(point);
    if (held && held.by !== by.name) return { ok: false, ...lockedBy(point, held) };
    const until = this.#time.now() + microseconds(this.#config.selectMs);
    this.#selected.set(point, { by: by.name, until, act });
    return { ok: true, until };
  }

  refuse(command: Command, { point }: Target, by: Principal): Refusal | undefined {
    if (!point) return undefined;
    const held = this.#current(point.id);
    if (held && held.by !== by.name) return lockedBy(point.id, held);
    if (held) return refuseOther(point.id, held.act, command.act);
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

/** What is operated must be what was selected: that is what the two steps are for. */
function refuseOther(point: PointId, selected: SelectedAct | undefined, asked: CommandAct): Refusal | undefined {
  if (!selected || asked.do === "call") return undefined;
  if (selected.do === "release" ? asked.do === "release" : asked.do === "set" && isSameValue(selected.value, asked.value)) return undefined;
  return { code: "not-as-selected", message: `${point} is selected to be ${said(selected)}, not to be ${said(asked)}` };
}

function said(act: SelectedAct | Exclude<CommandAct, { do: "call" }>): string {
  return act.do === "set" ? `set to ${String(act.value)}` : "released";
}

function lockedBy(point: PointId, { by }: Selection): Refusal {
  return { code: "locked-by-other", message: `${point} is selected by ${by}` };
}
