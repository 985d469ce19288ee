import type { LiveTime } from "#src/contract/clock.ts";
import type { LatestValues, Plant } from "#src/contract/gateway.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Command } from "#msgs/command.ts";
import type { ControlConfig } from "./control-config.ts";
import type { GateView, Refusal, Target } from "./gates.ts";
import type { InterlockBook } from "./interlock-book.ts";
import type { Plan } from "./plan.ts";
import type { SlotTable } from "./slot-table.ts";
import { emptySlots } from "./slots.ts";
import { planOf, writtenBy } from "./plan.ts";

export interface ViewParts {
  readonly config: ControlConfig;
  readonly plant: Plant;
  readonly latest: LatestValues;
  readonly time: LiveTime;
  readonly slots: SlotTable;
  readonly interlocks: InterlockBook;
  readonly keepsSlots: (point: string) => boolean;
  readonly refuseRecord: (command: Command) => Refusal | undefined;
  readonly refuseLease: (target: Target, by: Principal) => Refusal | undefined;
  readonly refuseSelect: (command: Command, target: Target, by: Principal) => Refusal | undefined;
}

/** Gathers, at this instant, everything that planning and judging a command looks at. */
export class Views {
  readonly #parts: ViewParts;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  /** The refusal is for a target nobody knows; it still names what was meant, so that the refusal can be recorded. */
  targetOf(command: Command): { readonly target: Target; readonly refusal?: Refusal } {
    const { plant } = this.#parts;
    const { act } = command;
    if (act.do === "call") {
      const device = plant.devices.get(act.device);
      if (device) {
        const { area, adminMethods } = device;
        return { target: { device: act.device, area, ...(adminMethods && { adminMethods }) } };
      }
      return {
        target: { device: act.device, area: undefined },
        refusal: { code: "unknown-device", message: `there is no device "${act.device}"` },
      };
    }
    const point = plant.points.get(act.point);
    if (point) return { target: { device: point.device, point, area: point.area } };
    return {
      target: { device: act.point, area: undefined },
      refusal: { code: "unknown-point", message: `there is no point "${act.point}"` },
    };
  }

  planOf(command: Command, target: Target): Plan {
    const { slots, keepsSlots } = this.#parts;
    const { point } = target;
    if (!point) return { do: "call" };
    return planOf(command, point.control, slots.of(point.id), keepsSlots(point.id));
  }

  refuseLease(target: Target, by: Principal): Refusal | undefined {
    return this.#parts.refuseLease(target, by);
  }

  gateView(command: Command, target: Target, by: Principal, isOurOwn: boolean, plan: Plan = this.planOf(command, target)): GateView {
    const { config, time, latest, slots, interlocks, refuseRecord, refuseLease, refuseSelect } = this.#parts;
    const { point } = target;
    return {
      command,
      by,
      isOurOwn,
      target,
      now: time.now(),
      isTimeTrusted: time.trusted(),
      latest,
      slots: point ? slots.of(point.id) : emptySlots,
      written: writtenBy(plan, command),
      interlocks: point ? interlocks.of(point) : [],
      reservedPriorities: config.reservedPriorities,
      parentOf: config.parentOf,
      refuseRecord: () => refuseRecord(command),
      refuseLease: () => refuseLease(target, by),
      refuseSelect: () => refuseSelect(command, target, by),
    };
  }
}
