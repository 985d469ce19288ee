import type { Command } from "commander";
import { isBad, qualityWord } from "#msgs/quality.ts";
import type { PointJson } from "#msgs/wire/http.ts";
import { ClientError } from "#msgs/client/client.ts";
import { nearest } from "#src/config/nearest.ts";
import { action, gatewayOptions, http, show } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";
import { ageText, table, valueText } from "../table.ts";
import type { HttpClient } from "#msgs/client/http.ts";

export function addRead(program: Command, context: Context): void {
  gatewayOptions(program.command("read").description("show the newest value of points").argument("<point...>", "point ids"))
    .addHelpText(
      "after",
      `
Examples:
  plainview read v-101/position
  plainview read tank-1/level flow-1/flow_rate --json

Exit code 1 when any of them is bad or was never heard of.`,
    )
    .action(
      action(context, async (ids: string[], options: GatewayOptions) => {
        const client = http(context, options);
        const points = await Promise.all(ids.map((id) => findPoint(client, id)));
        show(context, options, points, () =>
          table(
            ["point", "value", "quality", "age", "at"],
            points.map((point) => row(context, point)),
          ),
        );
        return points.every((point) => point.latest !== null && !isBad(point.latest.quality)) ? "done" : "failed";
      }),
    );
}

/** One point; a misspelt id is answered with the nearest that there is. */
export async function findPoint(client: HttpClient, id: string): Promise<PointJson> {
  try {
    return await client.point(id);
  } catch (error) {
    if (!(error instanceof ClientError) || error.status !== 404) throw error;
    const meant = nearest(
      id,
      (await client.points()).map((point) => point.id),
    );
    throw new CommandFailure("failed", `there is no point "${id}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`, error.code);
  }
}

function row(context: Context, point: PointJson): string[] {
  const { latest } = point;
  if (latest === null) return [point.id, "—", qualityWord(132), "—", "never"];
  return [
    point.id,
    valueText(latest.value, point),
    qualityWord(latest.quality),
    ageText(context.terminal.now() - Date.parse(latest.at)),
    latest.at,
  ];
}
