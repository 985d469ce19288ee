import type { Command } from "commander";
import { action, show } from "../context.ts";
import type { Context } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";
import type { Exit } from "../exit-codes.ts";
import { table } from "../table.ts";

interface DemoOptions {
  readonly demoUrl?: string;
  readonly json?: boolean;
}

/** Where `plainview start --demo` opens the plant's own door. */
export const defaultDemoUrl = "http://127.0.0.1:4010";

export function addDemo(program: Command, context: Context): void {
  const demo = program
    .command("demo")
    .description("break things in the demo plant, and look behind its instruments")
    .addHelpText(
      "after",
      `
Examples (with plainview start --demo in another terminal):
  plainview demo plant                                what is really so, past every instrument
  plainview demo fault v-101 stuck-valve
  plainview demo fault pipe slow-device delayMs=800
  plainview demo fault v-101 stuck-valve --off
  plainview demo incidents
  plainview demo incident <name>
  plainview demo act v-102/position 40                someone turns something on site
  plainview demo log v-101                            what a device handed over and was told`,
    );
  addQuestions(demo, context);
  const one = (name: string, about: string) =>
    demo
      .command(name)
      .description(about)
      .option("--demo-url <url>", `the plant's door (default: $PLAINVIEW_DEMO_URL, else ${defaultDemoUrl})`)
      .option("--json", "print JSON");
  one("fault", "put a fault on something, or take it off")
    .argument("<target>", "a valve, a device, a point, a network")
    .argument("<kind>", "which fault; plainview demo faults lists them")
    .argument("[setting=value...]", "how bad")
    .option("--off", "take it off")
    .action(
      action(context, async (target: string, kind: string, settings: string[], options: DemoOptions & { off?: boolean }) =>
        tell(context, options, "/fault", { target, kind, on: !options.off, ...settingsOf(settings) }),
      ),
    );
  one("incident", "let a scripted incident happen")
    .argument("<name>")
    .action(action(context, async (name: string, options: DemoOptions) => tell(context, options, "/incident", { name })));
  one("act", "turn something on site, past every gateway")
    .argument("<point>")
    .argument("<value>")
    .action(
      action(context, async (point: string, value: string, options: DemoOptions) =>
        tell(context, options, "/act", { point, value: plainOf(value) }),
      ),
    );
}

/** What can only be asked. */
function addQuestions(demo: Command, context: Context): void {
  const question = (
    name: string,
    about: string,
    path: (argument: string | undefined) => string,
    text: (body: unknown) => string,
    argument?: string,
  ) => {
    const command = demo
      .command(name)
      .description(about)
      .option("--demo-url <url>", `the plant's door (default: $PLAINVIEW_DEMO_URL, else ${defaultDemoUrl})`)
      .option("--json", "print JSON");
    const run = async (given: string | undefined, options: DemoOptions): Promise<Exit> => {
      const body = await call(context, options, "GET", path(given));
      show(context, options, body, () => text(body));
      return "done";
    };
    if (argument === undefined) command.action(action(context, (options: DemoOptions) => run(undefined, options)));
    else command.argument(argument).action(action(context, (given: string, options: DemoOptions) => run(given, options)));
  };
  question(
    "plant",
    "every quantity as it really is",
    () => "/plant",
    (body) =>
      table(
        ["quantity", "value"],
        Object.entries(body as object).map(([name, value]) => [name, String(value)]),
      ),
  );
  question("faults", "faults that are on, and kinds there are", () => "/faults", faultsText);
  question("incidents", "scripted incidents", () => "/incidents", incidentsText);
  question(
    "log",
    "what a device handed over and what it was told",
    (device) => `/log?device=${encodeURIComponent(device ?? "")}`,
    logText,
    "<device>",
  );
}

function faultsText(body: unknown): string {
  const { on, kinds } = body as {
    on: readonly { target: string; kind: string }[];
    kinds: Readonly<Record<string, { what: string; scope: string; settings: object }>>;
  };
  const known = Object.entries(kinds).map(([kind, { scope, what, settings }]) => [
    kind,
    scope,
    Object.entries(settings)
      .map(([k, v]) => `${k}=${String(v)}`)
      .join(" "),
    what,
  ]);
  return `on: ${on.map(({ target, kind }) => `${kind} on ${target}`).join(", ") || "none"}\n\n${table(["kind", "takes", "settings", "what happens"], known)}`;
}

function incidentsText(body: unknown): string {
  const { known } = body as { known: readonly { name: string; title?: string }[] };
  return table(
    ["name", "what happens"],
    known.map(({ name, title }) => [name, title ?? ""]),
  );
}

function logText(body: unknown): string {
  return (body as readonly unknown[]).map((entry) => JSON.stringify(entry)).join("\n");
}

async function tell(context: Context, options: DemoOptions, path: string, body: unknown): Promise<Exit> {
  const answer = await call(context, options, "POST", path, body);
  show(context, options, answer, () => "done");
  return "done";
}

async function call(context: Context, options: DemoOptions, method: string, path: string, body?: unknown): Promise<unknown> {
  const url = (options.demoUrl ?? context.terminal.env["PLAINVIEW_DEMO_URL"] ?? defaultDemoUrl).replace(/\/$/, "");
  let answer: Response;
  try {
    answer = await fetch(`${url}${path}`, {
      method,
      signal: context.terminal.stopped,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch {
    throw new CommandFailure("unreachable", `no demo plant answers at ${url}; is plainview start --demo running?`);
  }
  const said: unknown = await answer.json();
  if (answer.ok) return said;
  const message = typeof said === "object" && said !== null && "message" in said ? String(said.message) : `it answered ${answer.status}`;
  throw new CommandFailure("failed", message);
}

function settingsOf(settings: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    settings.map((setting) => {
      const [name = "", ...value] = setting.split("=");
      if (name === "" || value.length === 0) throw new CommandFailure("usage", `a setting is written name=value, not "${setting}"`);
      return [name, plainOf(value.join("="))];
    }),
  );
}

function plainOf(text: string): number | boolean | string {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
