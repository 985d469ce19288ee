import { signal, type ReadonlySignal } from "@preact/signals";
import { isEnd, type CommandState } from "#msgs/command.ts";
import { parseTime, type Timestamp } from "#msgs/time.ts";
import type { CommandJson } from "#msgs/wire/values.ts";

/** A command as the screen follows it. */
export interface Followed {
  readonly command: CommandJson;
  readonly steps: readonly { readonly state: CommandState; readonly at: Timestamp }[];
  readonly begunAt: Timestamp;
}

/** The last commands of one timeline, newest first. */
export interface CommandLog {
  readonly commands: ReadonlySignal<readonly Followed[]>;
  hear(step: CommandJson): void;
  /** What the gateway remembers, newest first; what was heard here already is newer and stays. */
  seed(commands: readonly CommandJson[]): void;
  clear(): void;
}

const keptAtMost = 200;

export function openCommandLog(): CommandLog {
  const commands = signal<readonly Followed[]>([]);

  function put(next: Followed): void {
    const others = commands.peek().filter(({ command }) => command.id !== next.command.id);
    commands.value = [next, ...others].sort((one, other) => other.begunAt - one.begunAt).slice(0, keptAtMost);
  }

  return {
    commands,
    hear(step) {
      const at = timeOf(step.at) ?? timeOf(step.requestedAt) ?? 0;
      const known = commands.peek().find(({ command }) => command.id === step.id);
      // Steps arrive in order; one after the end would be a retelling.
      if (known && isEnd(known.command.state)) return;
      const steps = [...(known?.steps ?? []), { state: step.state, at }];
      put({ command: { ...known?.command, ...step }, steps, begunAt: known?.begunAt ?? timeOf(step.requestedAt) ?? at });
    },
    seed(list) {
      const heard = new Set(commands.peek().map(({ command }) => command.id));
      const older = list
        .filter(({ id }) => !heard.has(id))
        .map((command): Followed => {
          const at = timeOf(command.at) ?? 0;
          return { command, steps: [{ state: command.state, at }], begunAt: timeOf(command.requestedAt) ?? at };
        });
      commands.value = [...commands.peek(), ...older].sort((one, other) => other.begunAt - one.begunAt).slice(0, keptAtMost);
    },
    clear() {
      commands.value = [];
    },
  };
}

function timeOf(text: string | undefined): Timestamp | undefined {
  return text === undefined ? undefined : parseTime(text);
}
