import { createHash } from "node:crypto";
import type { Command } from "#msgs/command.ts";

/** The same for the same body whatever the order of its fields; an id that comes back with another one is not a repetition. */
export function fingerprintOf(command: Command, by: string): string {
  return fingerprintOfBody(command, by);
}

export function fingerprintOfBody(body: unknown, by: string): string {
  return createHash("sha256")
    .update(canonical([by, body]))
    .digest("base64url")
    .slice(0, 22);
}

/** JSON with the fields of every object in order and −0, NaN told apart from what JSON makes of them. */
function canonical(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(",")}}`;
}
