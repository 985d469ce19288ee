import type { Command } from "commander";
import { action, gatewayOptions, http, show } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { table, untilText } from "../table.ts";

export function addOverrides(program: Command, context: Context): void {
  gatewayOptions(program.command("overrides").description("list what people hold by hand, also what is not in effect"))
    .option("--not-in-effect", "only what the plant does not follow")
    .addHelpText("after", "\nExamples:\n  plainview overrides\n  plainview overrides --not-in-effect --json")
    .action(
      action(context, async (options: GatewayOptions & { notInEffect?: boolean }) => {
        const all = await http(context, options).overrides();
        const found = all.filter((override) => !options.notInEffect || !override.inEffect);
        const now = context.terminal.now();
        const until = (at: string | null) => untilText(at === null ? undefined : Date.parse(at), now);
        show(context, options, found, () =>
          table(
            ["point", "priority", "value", "by", "ends", "in effect", "reason"],
            found.map((o) => [
              o.point,
              String(o.priority),
              String(o.value),
              o.by,
              until(o.expiresAt),
              o.inEffect ? "yes" : `no: ${o.why ?? "?"}`,
              o.reason ?? "",
            ]),
          ),
        );
        return "done";
      }),
    );
}
