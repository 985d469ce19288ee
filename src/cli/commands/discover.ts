import type { Command } from "commander";
import { stringify } from "yaml";
import type { AdapterModule, Found } from "#src/contract/adapter.ts";
import { nearest } from "#src/config/nearest.ts";
import { shapeOptions } from "#src/config/index.ts";
import { action } from "../context.ts";
import type { Context } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";
import type { Exit } from "../exit-codes.ts";
import { parseSetting } from "../setting.ts";
import { siteEntry } from "../found.ts";
import { textOf } from "../text-file.ts";
import { durationOf } from "./write.ts";

interface DiscoverOptions {
  readonly id?: string;
  readonly timeout: string;
  readonly file: readonly string[];
  readonly json?: boolean;
}

/** Found things at most; a network larger than this is searched in parts. */
const foundAtMost = 200_000;

export function addDiscover(program: Command, context: Context): void {
  program
    .command("discover")
    .description("look at what a protocol can find, and print it as a piece of a site file")
    .argument("<protocol>")
    .argument("[option=value...]", "the link's options, as in the site file: host=10.0.0.5 port=502")
    .option("--id <id>", "name of the link in what is printed")
    .option("--timeout <duration>", "how long to look", "60s")
    .option(
      "--file <file>",
      "read a planner's list instead of the network; again for its second file",
      (one, all: string[]) => [...all, one],
      [],
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  plainview discover modbus host=10.0.0.5 > found.yaml
  plainview discover mqtt host=broker browseTopic='plant/#' browseMs=60000
  plainview discover ros2 domain=7
  plainview discover bacnet bbmd=10.0.0.1:47808 networks='[2001]'
  plainview discover bacnet --file hall_EDE.csv --file hall_EDE_StateTexts.csv

Devices that are alike are written once, with each: and what tells them apart. Look through what is printed, keep what you want, and put it under adapters: in the site file. Nothing is written to any device.`,
    )
    .action(
      action(context, (protocol: string, settings: string[], options: DiscoverOptions) => discover(context, protocol, settings, options)),
    );
}

async function discover(context: Context, protocol: string, settings: readonly string[], options: DiscoverOptions): Promise<Exit> {
  const root = await context.root();
  const module = moduleOf(await root.modules(), protocol);
  const written = Object.fromEntries(settings.map(parseSetting));
  const id = options.id ?? protocol;
  const shaped = shapeOptions(module.link, written);
  if ("problems" in shaped) throw new CommandFailure("usage", shaped.problems.join("\n"));
  const config = { id, link: shaped.options, devices: [] };
  const refused = module.check(config);
  if (refused.length > 0) throw new CommandFailure("usage", refused.map(({ message }) => message).join("\n"));
  const found =
    options.file.length > 0 ? await imported(context, module, options.file) : await searched(context, module, config, options.timeout);
  const entry = siteEntry(id, protocol, written, found);
  if (options.json) context.terminal.out(JSON.stringify(entry, undefined, 2));
  else context.terminal.out(stringify([entry], { lineWidth: 0 }).trimEnd());
  const devices = new Set(found.map(({ device }) => device.id)).size;
  context.terminal.err(`${devices} devices, ${found.filter(({ point }) => point).length} points`);
  return devices > 0 ? "done" : "failed";
}

/** What can be taken from the files; each line that cannot is told. */
async function imported(context: Context, module: AdapterModule, files: readonly string[]): Promise<readonly Found[]> {
  if (!module.importFile)
    throw new CommandFailure("failed", `${module.title} has no files of its own; points import takes a table of points`);
  const { found, problems } = await module.importFile(files.map((file) => textOf(context, file)));
  for (const { line, message } of problems) context.terminal.err(`${files[0]}:${line}  ${message}`);
  return found;
}

async function searched(
  context: Context,
  module: AdapterModule,
  config: Parameters<AdapterModule["create"]>[0],
  howLong: string,
): Promise<readonly Found[]> {
  const root = await context.root();
  const timeout = AbortSignal.timeout(durationOf(howLong, "--timeout"));
  const signal = AbortSignal.any([timeout, context.terminal.stopped]);
  return browse(context, module, config, await root.adapterEnv(), signal, timeout);
}

function moduleOf(modules: readonly AdapterModule[], protocol: string): AdapterModule {
  const module = modules.find((one) => one.protocol === protocol);
  if (module) return module;
  const known = modules.map((one) => one.protocol);
  const meant = nearest(protocol, known);
  throw new CommandFailure(
    "usage",
    `there is no adapter for "${protocol}"; ${meant === undefined ? `there are ${known.join(", ")}` : `did you mean "${meant}"?`}`,
  );
}

/** What was found until the time was over: half a list is worth more than none. */
async function browse(
  context: Context,
  module: AdapterModule,
  config: Parameters<AdapterModule["create"]>[0],
  env: Parameters<AdapterModule["create"]>[1],
  signal: AbortSignal,
  timeout: AbortSignal,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  const connection = await module.create(config, env).connect(signal);
  try {
    if (!connection.browse) throw new CommandFailure("failed", `${module.title} offers nothing that could be searched`);
    for await (const one of connection.browse(signal)) {
      found.push(one);
      if (context.terminal.isInteractive && found.length % 100 === 0) context.terminal.err(`${found.length} found so far`);
      if (found.length >= foundAtMost) break;
    }
  } catch (error) {
    if (!timeout.aborted || found.length === 0) throw error;
    context.terminal.err("the time is over; there may be more");
  } finally {
    await connection.close();
  }
  return found;
}
