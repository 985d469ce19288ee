import type { Fact } from "#msgs/fact.ts";
import { isEnd, type CommandState } from "#msgs/command.ts";
import type { PointId, Value } from "#msgs/point.ts";

/**
 * What the desk has put into which slot of which point, as the steps of commands tell it. The desk is the authority; this is
 * what a BACnet client sees as the priority array.
 */
export class SlotMirror {
  readonly #slots = new Map<PointId, (Value | null)[]>();
  readonly #points: ReadonlySet<PointId>;
  /** Writes whose answer waits until the far side has answered, by command. */
  readonly #waiting = new Map<string, (state: CommandState) => void>();

  constructor(points: ReadonlySet<PointId>) {
    this.#points = points;
  }

  see(fact: Fact): boolean {
    if (fact.kind !== "command") return false;
    const { command, state } = fact.step;
    // Whoever waits looks at the slots in a later turn, when they are what this step made them.
    if (state === "sent" || isEnd(state)) this.#waiting.get(command.id)?.(state);
    const { act, priority } = command;
    // From when the far side answered; a command that was refused or never left changes no slot.
    if (act.do === "call" || !this.#points.has(act.point) || !["sent", "confirmed", "masked", "mismatch"].includes(state)) return false;
    const slots = this.#slots.get(act.point) ?? new Array<Value | null>(16).fill(null);
    slots[priority - 1] = act.do === "set" ? act.value : null;
    this.#slots.set(act.point, slots);
    return true;
  }

  /** What the first answer to a command is; the caller says when it has waited long enough. */
  answerTo(commandId: string): { readonly answer: Promise<CommandState | undefined>; enough(): void } {
    let settle: (state: CommandState | undefined) => void = () => undefined;
    const answer = new Promise<CommandState | undefined>((resolve) => {
      settle = (state) => {
        this.#waiting.delete(commandId);
        resolve(state);
      };
    });
    this.#waiting.set(commandId, settle);
    return { answer, enough: () => settle(undefined) };
  }

  of(point: PointId): readonly (Value | null)[] {
    return this.#slots.get(point) ?? new Array<Value | null>(16).fill(null);
  }
}
