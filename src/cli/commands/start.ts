import type { Command } from "commander";
import { action } from "../context.ts";
import type { Context } from "../context.ts";
import type { Exit } from "../exit-codes.ts";
import { defaultSite, sitePath } from "../site.ts";

interface StartOptions {
  readonly demo?: boolean;
  readonly json?: boolean;
}

/** A terminal and the program that started us may both pass on one Ctrl-C; what comes later than this is a second one. */
const sameKeyMs = 700;

export function addStart(program: Command, context: Context): void {
  program
    .command("start")
    .description("start the gateway and keep it running")
    .argument("[site-file]", `the site file (default: $PLAINVIEW_SITE, else ${defaultSite})`)
    .option("--demo", "with the demo plant, on this machine alone")
    .option("--json", "log JSON, one object a line")
    .addHelpText(
      "after",
      `
Examples:
  plainview start                      the site file in this folder
  plainview start /etc/plainview.yaml
  plainview start --demo               a simulated plant to look around in

SIGHUP (or plainview reload) applies the site file as it is now; a bad file changes nothing.
Ctrl-C stops everything within two seconds; a second Ctrl-C ends it at once. SIGTERM, which service managers send, gives it
twenty seconds, because a busy plant's last seconds have to be written.`,
    )
    .action(action(context, (siteFile: string | undefined, options: StartOptions) => start(context, siteFile, options)));
}

async function start(context: Context, siteFile: string | undefined, options: StartOptions): Promise<Exit> {
  const root = await context.root();
  const isDemosOwn = siteFile === undefined && options.demo === true;
  const release = onImpatience(context);
  try {
    const code = await root.runGateway({
      ...(!isDemosOwn && { siteFile: sitePath(context, siteFile) }),
      ...(options.demo && { demo: true }),
      ...(options.json && { json: true }),
      out: (line) => context.terminal.err(line),
    });
    return code === 0 ? "done" : "failed";
  } finally {
    release();
  }
}

/** The gateway itself obeys the first Ctrl-C; a person who presses it again does not want to wait. */
function onImpatience(context: Context): () => void {
  let firstAt: number | undefined;
  const interrupted = () => {
    firstAt ??= context.terminal.now();
    if (context.terminal.now() - firstAt > sameKeyMs) process.exit(130);
  };
  // Whoever started us over a channel (the shim that found this Node) and dies takes us along.
  const abandoned = () => void process.kill(process.pid, "SIGTERM");
  process.on("SIGINT", interrupted);
  if (process.connected) process.on("disconnect", abandoned);
  return () => {
    process.off("SIGINT", interrupted);
    process.off("disconnect", abandoned);
  };
}
