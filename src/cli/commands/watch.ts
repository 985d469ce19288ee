import type { Command } from "commander";
import { qualityWord } from "#msgs/quality.ts";
import type { Sample } from "#msgs/sample.ts";
import { formatTime } from "#msgs/time.ts";
import type { PointJson } from "#msgs/wire/http.ts";
import { action, connected, gatewayOptions, http } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";
import type { Exit } from "../exit-codes.ts";
import { fits } from "../pattern.ts";
import { valueText } from "../table.ts";
import { durationOf } from "./write.ts";

interface WatchOptions extends GatewayOptions {
  readonly rate?: string;
  readonly for?: string;
  readonly count?: string;
}

export function addWatch(program: Command, context: Context): void {
  gatewayOptions(
    program
      .command("watch")
      .description("print values as they change")
      .argument("<pattern...>", "ids or patterns: v-101/**, */temperature"),
  )
    .option("--rate <hz>", "newest value of each point so often at most")
    .option("--for <duration>", "end after this")
    .option("--count <n>", "end after so many values")
    .addHelpText(
      "after",
      `
Examples:
  plainview watch 'v-101/**'
  plainview watch tank-1/level --for 10s
  plainview watch '**' --rate 1 --json > values.ndjson     one JSON object a line

Ctrl-C ends it. The newest value of every point comes first.`,
    )
    .action(action(context, (patterns: string[], options: WatchOptions) => watch(context, patterns, options)));
}

async function watch(context: Context, patterns: readonly string[], options: WatchOptions): Promise<Exit> {
  const maxRateHz = options.rate === undefined ? undefined : numberOf(options.rate, "--rate", 0.1, 50);
  let left = options.count === undefined ? Number.POSITIVE_INFINITY : numberOf(options.count, "--count", 1, 1e9);
  const forMs = options.for === undefined ? undefined : durationOf(options.for, "--for");
  const points = new Map((await http(context, options).points()).map((point) => [point.id, point]));
  for (const pattern of patterns) {
    if (![...points.keys()].some((id) => fits(pattern, id))) context.terminal.err(`no point fits "${pattern}" now`);
  }
  const client = await connected(context, options);
  return new Promise<Exit>((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      client.close();
      resolve("done");
    };
    const timer = forMs === undefined ? undefined : setTimeout(end, forMs);
    context.terminal.stopped.addEventListener("abort", end);
    client.on("samples", ({ samples }) => {
      for (const sample of samples) {
        if (left-- <= 0) return;
        context.terminal.out(options.json ? jsonLine(sample) : textLine(sample, points.get(sample.point)));
      }
      if (left <= 0) end();
    });
    client.on("overtaken", ({ count }) => context.terminal.err(`${count} values were overtaken by newer ones`));
    client.on("error", ({ code, message }) => reject(new CommandFailure("failed", message, code)));
    client.on("state", ({ state, why }) => {
      if (state === "waiting") context.terminal.err(`lost the gateway${why === undefined ? "" : ` (${why})`}; trying again`);
      if (state === "open") context.terminal.err("connected again");
    });
    client.subscribe({ patterns, ...(maxRateHz !== undefined && { maxRateHz }) });
  });
}

function jsonLine({ point, value, quality, sourceTime, at }: Sample): string {
  return JSON.stringify({ point, value, quality, sourceTime: formatTime(sourceTime), at: formatTime(at) });
}

function textLine(sample: Sample, point: PointJson | undefined): string {
  const quality = sample.quality === 0 ? "" : `  ${qualityWord(sample.quality)}`;
  return `${formatTime(sample.sourceTime)}  ${sample.point}  ${valueText(sample.value, point ?? {})}${quality}`;
}

export function numberOf(text: string, what: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= low && value <= high) return value;
  throw new CommandFailure("usage", `${what} is a number from ${low} to ${high}, not "${text}"`);
}
