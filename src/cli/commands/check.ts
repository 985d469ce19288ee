import type { Command } from "commander";
import { formatProblem, redactor, siteJsonSchema, type Site } from "#src/config/index.ts";
import { action } from "../context.ts";
import type { Context } from "../context.ts";
import type { Exit } from "../exit-codes.ts";
import { defaultSite, loadAt, siteName, sitePath } from "../site.ts";

interface CheckOptions {
  readonly json?: boolean;
  readonly schema?: boolean;
  readonly show?: boolean;
}

export function addCheck(program: Command, context: Context): void {
  program
    .command("check")
    .description("say everything that is wrong with a site file; starts nothing and dials nothing")
    .argument("[site-file]", `the site file (default: $PLAINVIEW_SITE, else ${defaultSite})`)
    .option("--schema", "print the JSON Schema for editors instead")
    .option("--show", "print the site as it was understood: templates written out, secrets hidden")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  plainview check
  plainview check --schema > plainview.schema.json
      then put this on the first line of the site file:
      # yaml-language-server: $schema=./plainview.schema.json
  plainview check --show --json | jq '.points[].id'`,
    )
    .action(action(context, (siteFile: string | undefined, options: CheckOptions) => check(context, siteFile, options)));
}

async function check(context: Context, siteFile: string | undefined, options: CheckOptions): Promise<Exit> {
  const { terminal } = context;
  if (options.schema) {
    const modules = await (await context.root()).modules();
    terminal.out(JSON.stringify(siteJsonSchema(modules), undefined, 2));
    return "done";
  }
  const path = sitePath(context, siteFile);
  const shown = siteName(context, siteFile);
  const loaded = await loadAt(context, path);
  if ("problems" in loaded) {
    const { problems } = loaded;
    if (options.json) terminal.out(JSON.stringify({ ok: false, problems }, undefined, 2));
    else {
      for (const problem of problems) terminal.out(formatProblem(shown, problem));
      terminal.err(`${problems.length} problem${problems.length === 1 ? "" : "s"}; nothing was started`);
    }
    return "failed";
  }
  const { site } = loaded;
  const { name, revision, devices, points, warnings } = site;
  if (options.show) {
    terminal.out(JSON.stringify(understood(site), undefined, 2));
  } else if (options.json) {
    const counts = { adapters: site.adapters.length, devices: devices.length, points: points.length };
    terminal.out(JSON.stringify({ ok: true, name, revision, ...counts, warnings }, undefined, 2));
  } else {
    for (const warning of warnings) terminal.out(`${formatProblem(shown, warning)} (a warning)`);
    terminal.out(
      `${shown} is sound: ${name}, ${site.adapters.length} adapters, ${devices.length} devices, ${points.length} points; revision ${revision}`,
    );
  }
  return "done";
}

/** The site with its templates written out: each device with the settings of its protocol that it ended up with. */
function understood({ name, revision, areas, devices, points, valves, rules, recipes, adapters, described, secrets }: Site): unknown {
  const settings = new Map(adapters.flatMap(({ config }) => config.devices.map(({ id, options }) => [id, options] as const)));
  const hide = redactor(secrets);
  const shown = devices.map((device) => ({
    ...device,
    settings: JSON.parse(hide(JSON.stringify(settings.get(device.id) ?? {}))) as unknown,
  }));
  return { name, revision, areas, devices: shown, points, valves, alarms: rules, recipes, described };
}
