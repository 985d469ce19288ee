import type { Command } from "commander";
import { qualityWord } from "#msgs/quality.ts";
import type { DeviceJson } from "#msgs/wire/http.ts";
import { action, gatewayOptions, http, show } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { table } from "../table.ts";

export function addDevices(program: Command, context: Context): void {
  gatewayOptions(
    program
      .command("devices")
      .description("list devices and the state of their links, or show what one device and its link have done")
      .argument("[device]", "a device's id"),
  )
    .option("--not-up", "only those that are not up")
    .addHelpText(
      "after",
      "\nExamples:\n  plainview devices\n  plainview devices --not-up\n  plainview devices v-101\n  plainview devices --json | jq '.[] | {id, state, counters}'",
    )
    .action(
      action(context, async (id: string | undefined, options: GatewayOptions & { notUp?: boolean }) => {
        if (id !== undefined) {
          const device = await http(context, options).get<DeviceJson>(`/devices/${encodeURIComponent(id)}`);
          show(context, options, device, () => deviceText(device));
          return "done";
        }
        const all = await http(context, options).devices();
        const found = all.filter((device) => !options.notUp || device.state !== "up");
        show(context, options, found, () =>
          table(
            ["device", "protocol", "state", "points", "worst", "title", "reason"],
            found.map((d) => [d.id, d.protocol, d.state, String(d.points), qualityWord(d.quality), d.title ?? "", d.reason ?? ""]),
          ),
        );
        return "done";
      }),
    );
}

/** Everything counted, one name a line: `link.health.timeouts  3`. */
function deviceText({ id, state, reason, counters, link }: DeviceJson): string {
  const { roundTrip, ...own } = counters ?? {};
  const meanMs = roundTrip && sum(roundTrip.counts) > 0 ? { meanRoundTripMs: Math.round(roundTrip.sumMs / sum(roundTrip.counts)) } : {};
  const { counters: { roundTrip: _, ...shared } = { roundTrip: undefined }, ...ofLink } = link ?? {};
  const told = { device: id, state, ...(reason !== undefined && { reason }), ...own, ...meanMs, link: { ...ofLink, ...shared } };
  return table(["what", "now"], lines("", told));
}

function lines(before: string, values: object): string[][] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? lines(`${before}${name}.`, value)
      : [[`${before}${name}`, typeof value === "string" ? value : JSON.stringify(value)]],
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
