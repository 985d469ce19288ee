import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "#src/kit/errors.ts";
import type { Context } from "./context.ts";
import { CommandFailure } from "./exit-codes.ts";

/** A file named on the command line, from where the command was typed. */
export function textOf(context: Context, file: string): string {
  try {
    return readFileSync(resolve(context.terminal.cwd, file), "utf8");
  } catch (error) {
    throw new CommandFailure("usage", `${file} cannot be read: ${messageOf(error)}`);
  }
}
