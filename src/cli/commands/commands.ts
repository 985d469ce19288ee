import type { Command } from "commander";
import type { CommandJson } from "#msgs/wire/values.ts";
import { action, gatewayOptions, http, show } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { table } from "../table.ts";
import { endText } from "./write.ts";

interface CommandsOptions extends GatewayOptions {
  readonly point?: string;
  readonly user?: string;
  readonly state?: string;
  readonly limit: string;
}

export function addCommands(program: Command, context: Context): void {
  gatewayOptions(
    program.command("commands").description("list commands, newest first, or show what became of one").argument("[id]", "a command id"),
  )
    .option("--point <id>", "only to this point")
    .option("--user <name>", "only by this person or program")
    .option("--state <state>", "only in this state: confirmed, rejected, unknown, …")
    .option("--limit <n>", "so many at most", "50")
    .addHelpText("after", "\nExamples:\n  plainview commands --state unknown\n  plainview commands 4f0c…  --json")
    .action(
      action(context, async (id: string | undefined, { json, point, user, state, limit, ...rest }: CommandsOptions) => {
        const client = http(context, rest);
        const options = json === undefined ? {} : { json };
        if (id !== undefined) {
          const command = await client.commandById(id);
          show(context, options, command, () => `${command.at ?? ""}  ${actText(command)} by ${command.by}: ${endText(command)}`);
          return "done";
        }
        const filter = {
          ...(point !== undefined && { point }),
          ...(user !== undefined && { user }),
          ...(state !== undefined && { state }),
        };
        const found = await client.commands({ ...filter, limit: Number(limit) });
        const row = (command: CommandJson): string[] => [
          command.at ?? "",
          command.commandId,
          actText(command),
          command.by,
          endText(command),
        ];
        show(context, options, found, () => table(["at", "id", "what", "by", "state"], found.map(row)));
        return "done";
      }),
    );
}

function actText({ act }: CommandJson): string {
  if (act["do"] === "set") return `${String(act["point"])} = ${String(act["value"])}`;
  if (act["do"] === "release") return `${String(act["point"])} released`;
  return `${String(act["device"])}.${String(act["method"])}()`;
}
