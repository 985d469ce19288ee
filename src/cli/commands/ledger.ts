import type { Command } from "commander";
import { action, gatewayOptions, http, show } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { table } from "../table.ts";

interface LedgerOptions extends GatewayOptions {
  readonly from?: string;
  readonly to?: string;
  readonly stream?: string;
}

interface Loss {
  readonly stream: string;
  readonly from: string;
  readonly to: string;
  readonly lost: number | "unknown";
  readonly why: string;
  readonly filled?: boolean;
}

export function addLedger(program: Command, context: Context): void {
  gatewayOptions(program.command("ledger").description("list what is missing from the record: which stream, when, how much and why"))
    .option("--from <time>", "RFC 3339, such as 2026-11-20T10:00:00Z")
    .option("--to <time>")
    .option("--stream <name>", "an adapter, or adapter/device")
    .addHelpText("after", "\nEvery sample a device handed over is stored once, or lies inside a stretch listed here.")
    .action(
      action(context, async ({ from, to, stream, ...options }: LedgerOptions) => {
        const query = { ...(from !== undefined && { from }), ...(to !== undefined && { to }), ...(stream !== undefined && { stream }) };
        const losses = await http(context, options).get<Loss[]>("/ledger", query);
        show(context, options, losses, () =>
          table(
            ["stream", "from", "to", "lost", "filled", "why"],
            losses.map((loss) => [loss.stream, loss.from, loss.to, String(loss.lost), loss.filled === true ? "yes" : "", loss.why]),
          ),
        );
        return "done";
      }),
    );
}
