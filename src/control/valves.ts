import type { LatestValues, Plant } from "#src/contract/gateway.ts";
import type { Command, CommandAct } from "#msgs/command.ts";
import type { Valve, Value } from "#msgs/point.ts";
import { isGood, qualityWord } from "#msgs/quality.ts";
import { isNear } from "./evidence.ts";
import type { Refusal } from "./gates.ts";
import type { Ledger } from "./ledger.ts";
import { hasEnded } from "./courier.ts";

/** What `valve.actuate` says; without a position it goes to the other end. */
export interface ValveWish {
  readonly valveId: string;
  readonly position?: number | boolean | "open" | "closed" | undefined;
  /** The id of the command it becomes: sent again, the same id gets the target it was given the first time. */
  readonly commandId: string;
}

export type ValveAnswer = { readonly ok: true; readonly act: CommandAct & { do: "set" } } | ({ readonly ok: false } & Refusal);

/** Fixes, on receipt, where a valve is to go. */
export class Valves {
  readonly #plant: Plant;
  readonly #latest: LatestValues;
  readonly #ledger: Ledger;

  constructor(parts: { plant: Plant; latest: LatestValues; ledger: Ledger }) {
    this.#plant = parts.plant;
    this.#latest = parts.latest;
    this.#ledger = parts.ledger;
  }

  resolve({ valveId, position, commandId }: ValveWish): ValveAnswer {
    const valve = this.#plant.valves.get(valveId);
    if (!valve) return { ok: false, code: "unknown-valve", message: `there is no valve "${valveId}"` };
    if (position === undefined) return this.#toggled(valve, commandId);
    return set(valve, position === "open" ? valve.open : position === "closed" ? valve.closed : position);
  }

  #toggled(valve: Valve, commandId: string): ValveAnswer {
    const earlier = this.#ledger.find(commandId)?.step.command.act;
    if (earlier?.do === "set" && earlier.point === valve.command) return { ok: true, act: earlier };
    const now = this.#latest.get(valve.position);
    if (!now || now.value === null || !isGood(now.quality)) {
      const word = now ? qualityWord(now.quality) : "not known";
      return { ok: false, code: "position-bad", message: `${valve.id} cannot be toggled: its position is ${word}; say where it shall go` };
    }
    if (this.#isUnderWay(valve)) return travelling(valve, "a command for it is under way");
    const tolerance = this.#plant.points.get(valve.command)?.control?.evidence.tolerance ?? 0;
    if (isNear(now.value, valve.open, tolerance)) return set(valve, valve.closed);
    if (isNear(now.value, valve.closed, tolerance)) return set(valve, valve.open);
    return travelling(valve, `it stands at ${String(now.value)}, between its ends`);
  }

  #isUnderWay(valve: Valve): boolean {
    for (const life of this.#ledger.open.values()) {
      if (life.target.point?.id === valve.command && !hasEnded(life)) return true;
    }
    return false;
  }
}

function set(valve: Valve, value: Value): ValveAnswer {
  return { ok: true, act: { do: "set", point: valve.command, value } };
}

function travelling(valve: Valve, why: string): ValveAnswer {
  return { ok: false, code: "valve-travels", message: `${valve.id} cannot be toggled: ${why}` };
}

/** The command a wish becomes. */
export function valveCommand(wish: ValveWish, act: CommandAct & { do: "set" }, rest: Omit<Command, "id" | "act" | "asked">): Command {
  return { id: wish.commandId, act, asked: "valve.actuate", ...rest };
}
