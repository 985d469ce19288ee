import type { Command } from "commander";
import { action, gatewayOptions, http, show } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";

export function addReload(program: Command, context: Context): void {
  gatewayOptions(program.command("reload").description("apply the site file as it is now, without touching what did not change"))
    .addHelpText(
      "after",
      "\nA site file with problems changes nothing; they are printed with their lines. SIGHUP to the gateway does the same.",
    )
    .action(
      action(context, async (options: GatewayOptions) => {
        const answer = await http(context, options).send<{ changed?: string }>("POST", "/reload", {});
        show(context, options, answer, () => answer.changed ?? "reloaded");
        return "done";
      }),
    );
}
