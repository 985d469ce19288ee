import { Command, CommanderError } from "commander";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Exit } from "./exit-codes.ts";
import type { Root } from "./root.ts";
import type { Terminal } from "./terminal.ts";
import { addAudit } from "./commands/audit.ts";
import { addCheck } from "./commands/check.ts";
import { addCommands } from "./commands/commands.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDemo } from "./commands/demo.ts";
import { addDevices } from "./commands/devices.ts";
import { addDiscover } from "./commands/discover.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addHashPassword } from "./commands/hash-password.ts";
import { addLedger } from "./commands/ledger.ts";
import { addOverrides } from "./commands/overrides.ts";
import { addPoints } from "./commands/points.ts";
import { addPointsCsv } from "./commands/points-csv.ts";
import { addRead } from "./commands/read.ts";
import { addRelease } from "./commands/release.ts";
import { addReload } from "./commands/reload.ts";
import { addStart } from "./commands/start.ts";
import { addWatch } from "./commands/watch.ts";
import { addWrite } from "./commands/write.ts";

/** Runs one command line and says how it ended. Nothing in here ends the process but `start`'s second Ctrl-C. */
export async function runCommand(
  words: readonly string[],
  terminal: Terminal,
  root: () => Promise<Root>,
  version: string,
): Promise<number> {
  const context: Context = { terminal, root, exit: "done" };
  const program = makeProgram(context, version);
  if (words.length === 0) {
    program.outputHelp();
    return exitCodes.usage.code;
  }
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.done.code : exitCodes.usage.code;
  }
  return exitCodes[context.exit satisfies Exit].code;
}

function makeProgram(context: Context, version: string): Command {
  const { terminal } = context;
  const program = new Command("plainview")
    .description("industrial telemetry and control: what the plant does, and commands that are done when the plant shows it")
    .version(version, "--version", "print the version")
    .helpOption("--help", "explain a command")
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text.trimEnd()), writeErr: (text) => terminal.err(text.trimEnd()) })
    .addHelpText("after", exitHelp);
  addStart(program, context);
  addCheck(program, context);
  addPointsCsv(addPoints(program, context), context);
  addRead(program, context);
  addWatch(program, context);
  addWrite(program, context);
  addRelease(program, context);
  addOverrides(program, context);
  addCommands(program, context);
  addDevices(program, context);
  addDoctor(program, context);
  addDiscover(program, context);
  addReload(program, context);
  addLedger(program, context);
  addAudit(program, context);
  addDemo(program, context);
  addHashPassword(program, context);
  addCompletion(program, context);
  return program;
}

/** The commands there are, for whoever describes them; nothing is run. */
export function cliProgram(): Command {
  const terminal = {
    out() {},
    err() {},
    env: {},
    cwd: ".",
    isInteractive: false,
    stopped: new AbortController().signal,
    now: () => 0,
    input: async () => "",
  };
  return makeProgram({ terminal, root: () => Promise.reject(new Error("broken assumption: nothing is run")), exit: "done" }, "");
}

const exitHelp = `
Exit codes: ${Object.values(exitCodes)
  .map(({ code, means }) => `${code} ${means}`)
  .join("\n            ")}

To look around:  plainview start --demo     then, in another terminal:  plainview points`;
