import type { Command } from "commander";
import { exitCodes } from "./exit-codes.ts";

/** The tables of this folder's README: what a script can rely on, and the commands there are. */
export function cliTables(program: Command): Readonly<Record<string, string>> {
  const codes = Object.values(exitCodes).map(({ code, means }) => `| ${code} | ${means} |`);
  const commands = program.commands.flatMap((command) => [
    row(command.name(), command),
    ...command.commands.map((inner) => row(`${command.name()} ${inner.name()}`, inner)),
  ]);
  return {
    "exit codes": ["| code | means |", "|---|---|", ...codes].join("\n"),
    commands: ["| command | what it does |", "|---|---|", ...commands].join("\n"),
  };
}

function row(name: string, command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const text = `${argument.name()}${argument.variadic ? "…" : ""}`;
    return argument.required ? `<${text}>` : `[${text}]`;
  });
  return `| \`${[name, ...words].join(" ")}\` | ${command.description()} |`;
}
