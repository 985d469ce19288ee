import type { CommandState } from "../command.ts";

/**
 * The name under which a step of a command is told, from the frame that asked for it: `valve.actuate` tells
 * `valve.actuation.…`, `recipe.apply` `recipe.…`, everything else `command.…`. `recorded` is told as `requested`: it is durable and on its way.
 */
export function commandEventName(asked: string, state: CommandState): string {
  return `${families[asked] ?? "command"}.${state === "recorded" ? "requested" : state}`;
}

const families: Readonly<Record<string, string>> = { "valve.actuate": "valve.actuation", "recipe.apply": "recipe" };
