import type { Command } from "commander";
import { action, connected, http, show } from "../context.ts";
import type { Context } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";
import { findPoint } from "./read.ts";
import { actOptions, common, perform } from "./write.ts";
import type { ActOptions } from "./write.ts";

interface ReleaseOptions extends ActOptions {
  readonly all?: boolean;
  readonly yes?: boolean;
}

export function addRelease(program: Command, context: Context): void {
  actOptions(program.command("release").description("give a point's slot back, and wait until it is empty").argument("[point]"))
    .option("--all", "release every manual override")
    .option("--yes", "with --all: yes, really")
    .addHelpText(
      "after",
      `
Examples:
  plainview release v-101/command
  plainview release v-101/command --priority 8
  plainview release --all --yes`,
    )
    .action(
      action(context, async (id: string | undefined, options: ReleaseOptions) => {
        if (options.all) return releaseAll(context, options);
        if (id === undefined) throw new CommandFailure("usage", "which point? Or --all for every manual override");
        const point = await findPoint(http(context, options), id);
        return perform(context, options, { type: "point.release", point: point.id, ...common(options) }, point);
      }),
    );
}

async function releaseAll(context: Context, options: ReleaseOptions): Promise<"done" | "failed"> {
  const overrides = await http(context, options).overrides();
  if (!options.yes) throw new CommandFailure("usage", `this releases ${overrides.length} overrides; say --yes if that is what you want`);
  const client = await connected(context, options);
  try {
    const ack = await client.request({
      type: "overrides.release",
      confirm: true,
      ...(options.reason !== undefined && { reason: options.reason }),
    });
    show(context, options, ack, () =>
      ack.status === "success" ? `releasing ${overrides.length} overrides` : `refused: ${ack.message ?? ack.code ?? ""}`,
    );
    return ack.status === "success" ? "done" : "failed";
  } finally {
    client.close();
  }
}
