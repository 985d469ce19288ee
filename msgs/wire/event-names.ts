import type { CommandState } from "../command.ts";

/**
 * The name under which a step of a command is told, from the frame that asked for it: `valve.actuate` tells
 * `valve.actuation.…`, everything else `command.…`. `recorded` is told as `requested`: it is durable and on its way.
 */
export function commandEventName(asked: string, state: CommandState): string {
  const family = asked === "valve.actuate" ? "valve.actuation" : "command";
  return `${family}.${state === "recorded" ? "requested" : state}`;
}
