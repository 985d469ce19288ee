import type { Command } from "commander";
import { action } from "../context.ts";
import type { Context } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";
import { bashScript, fishScript, wordsOf, zshScript } from "../completion-script.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function addCompletion(program: Command, context: Context): void {
  program
    .command("completion")
    .description("print a completion script for your shell")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      `
Examples:
  source <(plainview completion bash)
  plainview completion zsh > "\${fpath[1]}/_plainview"
  plainview completion fish > ~/.config/fish/completions/plainview.fish

Point ids are completed from the gateway that $PLAINVIEW_URL names.`,
    )
    .action(
      action(context, async (shell: string) => {
        if (!Object.hasOwn(scripts, shell))
          throw new CommandFailure("usage", `there is completion for ${Object.keys(scripts).join(", ")}, not for "${shell}"`);
        context.terminal.out(scripts[shell as keyof typeof scripts](wordsOf(program)));
        return "done";
      }),
    );
}
