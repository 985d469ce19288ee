import { chownSync, readFileSync, realpathSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { formatProblem, importPoints, pointColumns, rowOf, writeCsv } from "#src/config/index.ts";
import { action, show } from "../context.ts";
import type { Context } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";
import type { Exit } from "../exit-codes.ts";
import type { Site } from "#src/config/site.ts";
import { fits } from "../pattern.ts";
import { textOf } from "../text-file.ts";
import { loadAt, readSite, sitePath } from "../site.ts";

interface ImportOptions {
  readonly site?: string;
  readonly adapter?: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** `points export` and `points import`: the site file's points in a spreadsheet and back. */
export function addPointsCsv(points: Command, context: Context): void {
  points
    .command("export")
    .description("print the site file's points as CSV, templates written out")
    .argument("[pattern]", "ids to print")
    .option("--site <file>", "the site file")
    .addHelpText("after", `\nColumns: ${pointColumns.join(", ")}.\nExamples:\n  plainview points export > points.csv`)
    .action(action(context, (pattern: string | undefined, options: { site?: string }) => exportPoints(context, pattern, options.site)));
  points
    .command("import")
    .description("put a spreadsheet's points into the site file; comments stay, nothing is removed")
    .argument("<csv-file>")
    .option("--site <file>", "the site file")
    .option("--adapter <id>", "where devices go that the site file does not have yet")
    .option("--write", "change the site file; without it only what would change is said")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Columns: device, id and address must be there; ${pointColumns.slice(3).join(", ")} may be, and for new devices their protocol's settings,
as in device.unit. An empty cell leaves a setting as it is. The result is checked before anything is written.
Examples:
  plainview points import points.csv
  plainview points import points.csv --adapter plant --write && plainview reload`,
    )
    .action(action(context, (file: string, options: ImportOptions) => importFile(context, file, options)));
}

async function exportPoints(context: Context, pattern: string | undefined, siteFile: string | undefined): Promise<Exit> {
  const site = await readSite(context, siteFile);
  const found = [...rowsOf(site)].filter(([id]) => pattern === undefined || fits(pattern, id));
  context.terminal.out(
    writeCsv(
      pointColumns,
      found.map(([, row]) => row),
    ).trimEnd(),
  );
  return "done";
}

function rowsOf(site: Site): ReadonlyMap<string, ReturnType<typeof rowOf>> {
  const areas = new Map(site.devices.map(({ id, area }) => [id, area]));
  return new Map(site.points.map((point) => [point.id, rowOf(point, areas.get(point.device))]));
}

async function importFile(context: Context, file: string, options: ImportOptions): Promise<Exit> {
  const site = await readSite(context, options.site);
  const path = sitePath(context, options.site);
  const made = importPoints(readFileSync(path, "utf8"), textOf(context, file), {
    devices: new Set(site.devices.map(({ id }) => id)),
    known: rowsOf(site),
    ...(options.adapter !== undefined && { adapter: options.adapter }),
  });
  if ("problems" in made)
    throw new CommandFailure("failed", made.problems.map(({ line, message }) => `${file}:${line}  ${message}`).join("\n"));
  const { added, changed, unchanged, devices } = made;
  const isNews = added + changed > 0;
  if (isNews) await replace(context, path, made.text, options.write === true);
  if (devices.length > 0 && !options.json) context.terminal.err(newDevicesText(devices));
  const whatNow = !isNews ? "" : options.write ? `; ${path} is written` : "; say --write to change the site file";
  show(
    context,
    options,
    { added, changed, unchanged, written: isNews && options.write === true },
    () => `${added} points added, ${changed} changed, ${unchanged} as they were${whatNow}`,
  );
  return "done";
}

function newDevicesText(devices: readonly string[]): string {
  const some = devices.length > 5 ? `${devices.slice(0, 5).join(", ")} and ${devices.length - 5} more` : devices.join(", ");
  return `new devices: ${some}. See that each has the settings its protocol needs (a column device.unit, or the site file)`;
}

/** The new text takes the old one's place only when it is sound, and in one step; owner and rights stay, for the gateway must read it. */
async function replace(context: Context, path: string, text: string, write: boolean): Promise<void> {
  const beside = `${path}.new`;
  const { mode, uid, gid } = statSync(path);
  writeFileSync(beside, text, { mode: mode & 0o777 });
  const loaded = await loadAt(context, beside);
  if ("problems" in loaded) {
    const problems = loaded.problems.map((problem) => formatProblem(beside, problem)).join("\n");
    throw new CommandFailure("failed", `the site file would not be sound; nothing was changed, see ${beside}\n${problems}`);
  }
  if (!write) return unlinkSync(beside);
  if (process.getuid?.() === 0) chownSync(beside, uid, gid);
  renameSync(beside, realpathSync(path));
}
