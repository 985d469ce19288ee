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
import { durationOf } from "./write.ts";

interface DiscoverOptions {
  readonly id?: string;
  readonly timeout: string;
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
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  plainview discover modbus host=10.0.0.5 > found.yaml
  plainview discover mqtt url=mqtt://broker:1883 --timeout 2m

Look through what is printed, keep what you want, and put it under adapters: in the site file. Nothing is written to any device.`,
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
  const timeout = AbortSignal.timeout(durationOf(options.timeout, "--timeout"));
  const found = await browse(
    context,
    module,
    config,
    await root.adapterEnv(),
    AbortSignal.any([timeout, context.terminal.stopped]),
    timeout,
  );
  const entry = siteEntry(id, protocol, written, found);
  if (options.json) context.terminal.out(JSON.stringify(entry, undefined, 2));
  else context.terminal.out(stringify([entry], { lineWidth: 0 }).trimEnd());
  context.terminal.err(`${entry.devices.length} devices, ${entry.devices.reduce((sum, device) => sum + device.points.length, 0)} points`);
  return entry.devices.length > 0 ? "done" : "failed";
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
