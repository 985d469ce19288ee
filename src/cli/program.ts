import { Command, CommanderError } from "commander";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Exit } from "./exit-codes.ts";
import type { Root } from "./root.ts";
import type { Terminal } from "./terminal.ts";

type Add = (program: Command, context: Context) => unknown;

/** Every command, in the order of the help, and how it is loaded: `start` runs for years and shall not hold the others in memory. */
const commands: Readonly<Record<string, () => Promise<Add>>> = {
  start: async () => (await import("./commands/start.ts")).addStart,
  check: async () => (await import("./commands/check.ts")).addCheck,
  points: async () => {
    const [{ addPoints }, { addPointsCsv }] = await Promise.all([import("./commands/points.ts"), import("./commands/points-csv.ts")]);
    return (program, context) => addPointsCsv(addPoints(program, context), context);
  },
  read: async () => (await import("./commands/read.ts")).addRead,
  watch: async () => (await import("./commands/watch.ts")).addWatch,
  write: async () => (await import("./commands/write.ts")).addWrite,
  release: async () => (await import("./commands/release.ts")).addRelease,
  overrides: async () => (await import("./commands/overrides.ts")).addOverrides,
  commands: async () => (await import("./commands/commands.ts")).addCommands,
  devices: async () => (await import("./commands/devices.ts")).addDevices,
  doctor: async () => (await import("./commands/doctor.ts")).addDoctor,
  discover: async () => (await import("./commands/discover.ts")).addDiscover,
  reload: async () => (await import("./commands/reload.ts")).addReload,
  ledger: async () => (await import("./commands/ledger.ts")).addLedger,
  audit: async () => (await import("./commands/audit.ts")).addAudit,
  demo: async () => (await import("./commands/demo.ts")).addDemo,
  "hash-password": async () => (await import("./commands/hash-password.ts")).addHashPassword,
  completion: async () => (await import("./commands/completion.ts")).addCompletion,
};

/** Runs one command line and says how it ended. Nothing in here ends the process but `start`'s second Ctrl-C. */
export async function runCommand(
  words: readonly string[],
  terminal: Terminal,
  root: () => Promise<Root>,
  version: string,
): Promise<number> {
  const context: Context = { terminal, root, exit: "done" };
  const program = await makeProgram(context, version, words[0]);
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

/** With the one command that is meant; with all of them for help, for completion and for a word that is none. */
async function makeProgram(context: Context, version: string, meant?: string): Promise<Command> {
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
  const isOne = meant !== undefined && meant !== "completion" && Object.hasOwn(commands, meant);
  const loads = isOne ? [commands[meant]!] : Object.values(commands);
  for (const add of await Promise.all(loads.map((load) => load()))) add(program, context);
  return program;
}

/** The commands there are, for whoever describes them; nothing is run. */
export function cliProgram(): Promise<Command> {
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
