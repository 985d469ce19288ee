import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { action, gatewayOptions, http, show } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";

export function addAudit(program: Command, context: Context): void {
  const audit = program.command("audit").description("the record of who did what: verify an export, print the head to keep elsewhere");
  audit
    .command("verify")
    .description("check an exported record, offline: nothing altered, dropped, reordered or cut off")
    .argument("<file>", "an export")
    .option("--head <file-or-hash>", "a head that was kept elsewhere: shows that nothing was cut off the end")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  plainview audit head > head.txt              now and then, and keep it elsewhere\n  plainview audit verify audit.ndjson --head head.txt",
    )
    .action(
      action(context, async (file: string, options: { head?: string; json?: boolean }) => {
        const root = await context.root();
        if (!root.verifyAudit) throw new CommandFailure("failed", "this build cannot verify audit records");
        const head = options.head === undefined ? undefined : (textOf(context, options.head) ?? options.head).trim();
        const text = textOf(context, file);
        if (text === undefined) throw new CommandFailure("usage", `the file ${file} cannot be read`);
        const verdict = await root.verifyAudit(text, head);
        show(context, options, verdict, () =>
          verdict.ok
            ? `sound: ${verdict.entries} entries from ${verdict.from}; head ${verdict.head}`
            : `entry ${verdict.entry} is ${verdict.problem}: ${verdict.message}`,
        );
        return verdict.ok ? "done" : "failed";
      }),
    );
  gatewayOptions(audit.command("head").description("print the newest entry's hash, signed"))
    .addHelpText("after", "\nKept elsewhere, it shows later that nothing was cut off.")
    .action(
      action(context, async (options: GatewayOptions) => {
        const head = await http(context, options).get<Record<string, unknown>>("/audit/head");
        show(context, options, head, () => JSON.stringify(head));
        return "done";
      }),
    );
}

function textOf(context: Context, file: string): string | undefined {
  try {
    return readFileSync(resolve(context.terminal.cwd, file), "utf8");
  } catch {
    return undefined;
  }
}
