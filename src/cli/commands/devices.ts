import type { Command } from "commander";
import { qualityWord } from "#msgs/quality.ts";
import { action, gatewayOptions, http, show } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { table } from "../table.ts";

export function addDevices(program: Command, context: Context): void {
  gatewayOptions(program.command("devices").description("list devices and the state of their links"))
    .option("--not-up", "only those that are not up")
    .addHelpText(
      "after",
      "\nExamples:\n  plainview devices\n  plainview devices --not-up\n  plainview devices --json | jq '.[] | {id, state, counters}'",
    )
    .action(
      action(context, async (options: GatewayOptions & { notUp?: boolean }) => {
        const all = await http(context, options).devices();
        const found = all.filter((device) => !options.notUp || device.state !== "up");
        show(context, options, found, () =>
          table(
            ["device", "protocol", "state", "points", "worst", "title", "reason"],
            found.map((d) => [d.id, d.protocol, d.state, String(d.points), qualityWord(d.quality), d.title ?? "", d.reason ?? ""]),
          ),
        );
        return "done";
      }),
    );
}
