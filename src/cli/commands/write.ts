import type { Command } from "commander";
import type { Asked, Client, CommandFrame } from "#msgs/client/client.ts";
import { ClientError } from "#msgs/client/client.ts";
import { qualityWord } from "#msgs/quality.ts";
import type { Value } from "#msgs/point.ts";
import type { PointJson } from "#msgs/wire/http.ts";
import type { CommandJson } from "#msgs/wire/values.ts";
import { milliseconds } from "#src/config/duration.ts";
import { action, connected, gatewayOptions, http } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";
import type { Exit } from "../exit-codes.ts";
import { valueText } from "../table.ts";
import { findPoint } from "./read.ts";

export interface ActOptions extends GatewayOptions {
  readonly priority?: string;
  readonly ttl?: string;
  readonly reason?: string;
  readonly expected?: string;
  readonly id?: string;
  readonly timeout: string;
  readonly wait: boolean;
}

/** Options of everything that ends in one command. */
export function actOptions(command: Command): Command {
  return gatewayOptions(command)
    .option("--priority <1-16>", "slot to use (default: 8 for a person, 16 for a program)")
    .option("--reason <text>", "why; goes into the record")
    .option("--id <id>", "a command id of your own: the same id again is the same command, and is not done twice")
    .option("--timeout <duration>", "how long to wait for the end", "60s")
    .option("--no-wait", "do not wait for the end; prints the command id");
}

export function addWrite(program: Command, context: Context): void {
  actOptions(program.command("write").description("set a point and wait until the plant shows it").argument("<point>").argument("<value>"))
    .option("--ttl <duration>", "the override releases itself after this")
    .option("--expected <value>", "refuse when the point no longer has this value")
    .addHelpText(
      "after",
      `
Examples:
  plainview write v-101/command 30
  plainview write p-1/mode auto                      a state by its name
  plainview write v-101/command 30 --ttl 1h --reason "flushing the line"
  plainview write v-101/command 30 --json | jq .observed
  plainview write v-101/command -- -5                a value that begins with a minus

Exit code 0 only when the plant shows it (confirmed). 1: refused, failed, masked by a higher priority, or the plant shows
something else. 4: it was sent and nobody can say; look at the point before you try again.`,
    )
    .action(
      action(context, async (id: string, written: string, options: ActOptions) => {
        const point = await findPoint(http(context, options), id);
        const ttlMs = options.ttl === undefined ? undefined : durationOf(options.ttl, "--ttl");
        const expected = options.expected === undefined ? undefined : valueOf(options.expected, point);
        const frame: CommandFrame = {
          type: "point.write",
          point: point.id,
          value: valueOf(written, point),
          ...(ttlMs !== undefined && { ttlMs }),
          ...(expected !== undefined && { expected }),
          ...common(options),
        };
        return perform(context, options, frame, point);
      }),
    );
}

export function common(options: ActOptions): { priority?: number; reason?: string; commandId?: string } {
  const priority = options.priority === undefined ? undefined : Number(options.priority);
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 1 && priority <= 16)) {
    throw new CommandFailure("usage", `--priority is a whole number from 1 to 16, not "${options.priority}"`);
  }
  return {
    ...(priority !== undefined && { priority }),
    ...(options.reason !== undefined && { reason: options.reason }),
    ...(options.id !== undefined && { commandId: options.id }),
  };
}

export function durationOf(text: string, what: string): number {
  const ms = milliseconds(text);
  if (ms === undefined || ms === 0) throw new CommandFailure("usage", `${what} is a duration such as 500ms, 30s or 8h, not "${text}"`);
  return ms;
}

/** What somebody typed, as a value of this point. */
export function valueOf(text: string, point: Pick<PointJson, "id" | "kind" | "states">): Value {
  if (point.kind === "text") return text;
  if (point.kind === "boolean") {
    if (/^(true|on|yes|1)$/i.test(text)) return true;
    if (/^(false|off|no|0)$/i.test(text)) return false;
    throw new CommandFailure("usage", `${point.id} is true or false (on, off), not "${text}"`);
  }
  const named = Object.entries(point.states ?? {}).find(([, name]) => name.toLowerCase() === text.toLowerCase());
  if (named) return Number(named[0]);
  if (/^-?\d{16,}$/.test(text)) return text;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return number;
  const names = Object.values(point.states ?? {});
  throw new CommandFailure("usage", `${point.id} takes a number${names.length > 0 ? ` or one of ${names.join(", ")}` : ""}, not "${text}"`);
}

/** Sends one command and tells how it ended. */
export async function perform(context: Context, options: ActOptions, frame: CommandFrame, point: PointJson | undefined): Promise<Exit> {
  const timeoutMs = durationOf(options.timeout, "--timeout");
  const client = await connected(context, options);
  try {
    const asked = await ask(client, frame);
    if (!options.wait) return answered(context, options, asked);
    if (context.terminal.isInteractive && asked.ack.status === "success") context.terminal.err(`${asked.commandId} is under way`);
    const end = await endOf(context, client, asked, timeoutMs);
    return ended(context, options, end, await shownPoint(client, end, point));
  } finally {
    client.close();
  }
}

/** A link that breaks after the frame went out leaves a command of which nobody here knows. */
async function ask(client: Client, frame: CommandFrame): Promise<Asked> {
  try {
    return await client.command(frame);
  } catch (error) {
    if (error instanceof ClientError && (error.code === "link-lost" || error.code === "timeout")) {
      throw new CommandFailure("unknown", `${error.message}; it may have arrived: look at the point before you try again`, "unknown");
    }
    throw error;
  }
}

/** The client asks again when the link is back, so a gateway that was restarted still tells the end. Away for good is said as such. */
async function endOf(context: Context, client: Client, asked: Asked, timeoutMs: number): Promise<CommandJson> {
  const toldWhenLost = client.on("state", ({ state }) => {
    if (state === "waiting") context.terminal.err(`lost the gateway while ${asked.commandId} is under way; trying again`);
  });
  return new Promise<CommandJson>((resolve, reject) => {
    const giveUp = (why: string) => () => {
      clearTimeout(timer);
      const next =
        client.state === "open"
          ? `it goes on: plainview commands ${asked.commandId}`
          : `the gateway is away: look at the point, or when it is back at plainview commands ${asked.commandId}`;
      reject(new CommandFailure("unknown", `${why}; ${next}`, "unknown"));
    };
    const timer = setTimeout(giveUp(`${asked.commandId} has not ended within ${timeoutMs / 1000} s`), timeoutMs);
    context.terminal.stopped.addEventListener("abort", giveUp("stopped waiting"));
    void asked.end.then((end) => {
      clearTimeout(timer);
      resolve(end);
    });
  }).finally(toldWhenLost);
}

/** The point that showed it, for its unit; the answer does not depend on it. */
async function shownPoint(client: Client, end: CommandJson, point: PointJson | undefined): Promise<PointJson | undefined> {
  if (end.observed === undefined || end.observed.point === point?.id) return point;
  return client.http.point(end.observed.point).catch(() => point);
}

function answered(context: Context, options: ActOptions, { commandId, ack }: Asked): Exit {
  if (options.json)
    context.terminal.out(JSON.stringify({ commandId, status: ack.status, code: ack.code, message: ack.message }, undefined, 2));
  else context.terminal.out(ack.status === "success" ? commandId : `refused: ${ack.message ?? ack.code ?? "no reason given"}`);
  return ack.status === "success" ? "done" : "failed";
}

function ended(context: Context, options: ActOptions, end: CommandJson, point: PointJson | undefined): Exit {
  context.terminal.out(options.json ? JSON.stringify(end, undefined, 2) : endText(end, point));
  return end.state === "confirmed" ? "done" : end.state === "unknown" ? "unknown" : "failed";
}

/** How a command ended, in one line: "confirmed: v-101/position shows 30 %". */
export function endText(end: CommandJson, point?: PointJson): string {
  const parts = [end.message ?? end.code].filter((part) => part !== undefined);
  // A mismatch says itself what the plant shows.
  if (end.observed && !end.message?.includes(`${end.observed.point} shows`)) {
    const shown = end.observed.point === point?.id ? point : undefined;
    const quality = end.observed.quality === 0 ? "" : ` (${qualityWord(end.observed.quality)})`;
    parts.unshift(`${end.observed.point} shows ${valueText(end.observed.value, shown ?? {})}${quality}`);
  }
  // Nor does a message that names the slot need it named again.
  if (end.heldBy && !end.message?.includes(`priority ${end.heldBy.priority} holds`)) {
    parts.push(`priority ${end.heldBy.priority} holds ${String(end.heldBy.value)}`);
  }
  return `${end.state}${parts.length > 0 ? `: ${parts.join("; ")}` : ""}`;
}
