import { hash } from "node:crypto";
import type { Command } from "#msgs/command.ts";

/** The same for the same body whatever the order of its fields; an id that comes back with another one is not a repetition. */
export function fingerprintOf(command: Command, by: string): string {
  return fingerprintOfBody(command, by);
}

export function fingerprintOfBody(body: unknown, by: string): string {
  return hash("sha256", canonical([by, body]), "base64url").slice(0, 22);
}

/** JSON with the fields of every object in order and −0, NaN told apart from what JSON makes of them. */
function canonical(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const fields = value as Readonly<Record<string, unknown>>;
  let text = "";
  for (const name of Object.keys(fields).sort()) {
    if (fields[name] !== undefined) text += `${text && ","}${JSON.stringify(name)}:${canonical(fields[name])}`;
  }
  return `{${text}}`;
}
