import { readFileSync } from "node:fs";
import { messageOf } from "#src/kit/errors.ts";
import { runCommand } from "./program.ts";
import type { Root } from "./root.ts";
import { processTerminal } from "./terminal.ts";

/** The whole program for `plainview.js`: one command, its exit code, and the words of whatever went wrong. */
export async function main(root: () => Promise<Root>): Promise<void> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  let code = 1;
  try {
    code = await runCommand(process.argv.slice(2), processTerminal(stopped.signal), root, versionOf());
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
  }
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit(code);
}

/** What was printed into a pipe must be out before the process ends. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

function versionOf(): string {
  const described = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  return described.version;
}
