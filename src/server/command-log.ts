import type { CommandStep } from "#msgs/command.ts";
import { isEnd } from "#msgs/command.ts";
import type { FactOf } from "#msgs/fact.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Cancel } from "#src/contract/clock.ts";
import type { CommandFilter, StampedStep } from "./services.ts";

/** Commands as this process has seen them go by, newest step each. Older ones are asked of the database. */
export interface CommandLog {
  see(fact: FactOf<"command">): StampedStep;
  get(id: string): StampedStep | undefined;
  /** Newest first. */
  list(filter: CommandFilter, maySee?: (stamped: StampedStep) => boolean): readonly StampedStep[];
  /** Called once when the command ends; at once never, look with `get` first. */
  onEnd(id: string, see: (end: StampedStep) => void): Cancel;
  readonly ends: ReadonlyMap<string, number>;
}

/** Commands remembered; the one that was asked for first is forgotten first. */
const remembered = 2_000;

/** `askedAt` is the desk's record: a command whose first step was told by an earlier run was asked for before this one began. */
export function commandLog(askedAt: (id: string) => Timestamp | undefined = () => undefined): CommandLog {
  const steps = new Map<string, StampedStep>();
  const waiting = new Map<string, Set<(end: StampedStep) => void>>();
  const ends = new Map<string, number>();

  return {
    ends,
    see({ step, at }) {
      const { id } = step.command;
      const requestedAt = steps.get(id)?.requestedAt ?? (step.state === "recorded" ? at : (askedAt(id) ?? at));
      const stamped = { step, at, requestedAt };
      steps.set(step.command.id, stamped);
      const oldest = steps.keys().next().value;
      if (steps.size > remembered && oldest !== undefined) steps.delete(oldest);
      if (isEnd(step.state)) {
        ends.set(step.state, (ends.get(step.state) ?? 0) + 1);
        for (const see of waiting.get(step.command.id) ?? []) see(stamped);
        waiting.delete(step.command.id);
      }
      return stamped;
    },
    get: (id) => steps.get(id),
    list(filter, maySee = () => true) {
      const found: StampedStep[] = [];
      for (const stamped of [...steps.values()].reverse()) {
        if (!meets(stamped, filter) || !maySee(stamped)) continue;
        found.push(stamped);
        if (found.length >= filter.limit) break;
      }
      return found;
    },
    onEnd(id, see) {
      let set = waiting.get(id);
      if (!set) waiting.set(id, (set = new Set()));
      set.add(see);
      return () => {
        set.delete(see);
        if (set.size === 0) waiting.delete(id);
      };
    },
  };
}

function meets({ step, at, requestedAt }: StampedStep, filter: CommandFilter): boolean {
  if (filter.point !== undefined && pointOf(step) !== filter.point) return false;
  if (filter.user !== undefined && step.by !== filter.user) return false;
  if (filter.state !== undefined && step.state !== filter.state) return false;
  if (filter.from !== undefined && at < filter.from) return false;
  return filter.to === undefined || requestedAt < filter.to;
}

function pointOf({ command }: CommandStep): string | undefined {
  return command.act.do === "call" ? undefined : command.act.point;
}
