import type { Command } from "commander";
import { action, show } from "../context.ts";
import type { Context } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";

export function addHashPassword(program: Command, context: Context): void {
  program
    .command("hash-password")
    .description("read a password or key from standard input and print the hash for the site file")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  plainview hash-password < password.txt\n  head -c 24 /dev/urandom | base64 | tee key.txt | plainview hash-password",
    )
    .action(
      action(context, async (options: { json?: boolean }) => {
        const password = (await context.terminal.input()).replace(/\r?\n$/, "");
        if (password.length < 10) throw new CommandFailure("usage", "ten characters at least");
        const hash = await (await context.root()).hashPassword(password);
        show(context, options, { hash }, () => hash);
        return "done";
      }),
    );
}
