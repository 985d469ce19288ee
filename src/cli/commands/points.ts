import type { Command } from "commander";
import { isBad, isGood, qualityWord } from "#msgs/quality.ts";
import type { PointJson } from "#msgs/wire/http.ts";
import { action, gatewayOptions, http, show } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { fits } from "../pattern.ts";
import { ageText, table, valueText } from "../table.ts";

interface PointsOptions extends GatewayOptions {
  readonly ids?: boolean;
  readonly notGood?: boolean;
}

export function addPoints(program: Command, context: Context): Command {
  return gatewayOptions(
    program
      .command("points")
      .description("list points with their newest values; import and export them as CSV")
      .argument("[pattern]", "ids to show: v-101, v-101/*, **/temperature")
      .option("--ids", "print ids alone, one a line")
      .option("--not-good", "only what is uncertain or bad"),
  )
    .addHelpText(
      "after",
      `
Examples:
  plainview points
  plainview points 'vav-*/zone-temp'
  plainview points --not-good
  plainview points --json | jq -r '.[] | select(.writable) | .id'`,
    )
    .action(
      action(context, async (pattern: string | undefined, options: PointsOptions) => {
        const all = await http(context, options).points();
        const found = all.filter(
          (point) => (pattern === undefined || fits(pattern, point.id)) && (!options.notGood || !isGood(qualityOf(point))),
        );
        if (options.ids) for (const { id } of found) context.terminal.out(id);
        else show(context, options, found, () => pointTable(context, found));
        return "done";
      }),
    );
}

export function qualityOf(point: PointJson): number {
  return point.latest?.quality ?? 132;
}

function pointTable(context: Context, points: readonly PointJson[]): string {
  const rows = points.map((point) => [
    point.id,
    valueText(isBad(qualityOf(point)) ? (point.latest?.value ?? null) : (point.latest?.value ?? null), point),
    qualityWord(qualityOf(point)),
    point.latest === null ? "—" : ageText(context.terminal.now() - Date.parse(point.latest.at)),
    point.writable ? "rw" : "r",
    point.title ?? "",
  ]);
  return table(["point", "value", "quality", "age", "", "title"], rows);
}
