import { isEnd } from "../command.ts";
import type { CommandJson } from "../wire/values.ts";
import { ClientError } from "./options.ts";

/** Commands whose end somebody waits for. */
export interface Ends {
  expect(commandId: string): Promise<CommandJson>;
  forget(commandId: string): void;
  /** A step was heard; only a last one settles anything. */
  heard(command: CommandJson): void;
  /** An end may have been told while the line was down, so each is asked for once after a reconnection. */
  askAll(): void;
  clear(): void;
}

/** Waited for at once, at most. */
const endsMax = 10_000;

export function openEnds(ask: (commandId: string) => Promise<CommandJson>): Ends {
  const waiting = new Map<string, (end: CommandJson) => void>();

  function heard(command: CommandJson): void {
    if (!isEnd(command.state)) return;
    waiting.get(command.commandId)?.(command);
    waiting.delete(command.commandId);
  }

  async function askFor(commandId: string): Promise<void> {
    try {
      heard(await ask(commandId));
    } catch {
      // Not known yet, or the line is down again: the event or the next reconnection settles it.
    }
  }

  return {
    heard,
    expect(commandId) {
      if (waiting.size >= endsMax) throw new ClientError("busy", `${endsMax} commands wait for their end already`);
      return new Promise((resolve) => waiting.set(commandId, resolve));
    },
    forget: (commandId) => void waiting.delete(commandId),
    askAll() {
      for (const commandId of waiting.keys()) void askFor(commandId);
    },
    clear: () => waiting.clear(),
  };
}
