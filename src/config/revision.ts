import { createHash } from "node:crypto";
import type { Site } from "./site.ts";
import { hidden, isSecretKey, passwordInUrl } from "./redact.ts";

/** A short hash of the plant as described. Passwords are left out: a short hash of a short password could be guessed. */
export function revisionOf(
  site: Pick<Site, "timeZone" | "areas" | "devices" | "points" | "valves" | "rules" | "recipes" | "adapters">,
): string {
  const { timeZone, areas, devices, points, valves, rules, recipes } = site;
  const adapters = site.adapters.map(({ id, protocol, config }) => ({ id, protocol, config }));
  const text = canonical({ timeZone, areas, devices, points, valves, rules, recipes, adapters });
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** The same text for the same content, whatever order its keys were written in. */
export function canonical(value: unknown, key = ""): string {
  if (isSecretKey(key) && value !== undefined) return JSON.stringify(hidden);
  if (typeof value === "string") {
    const password = passwordInUrl(value);
    return JSON.stringify(password ? value.replace(password, hidden) : value);
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, key)).join(",")}]`;
  const keys = Object.keys(value).sort();
  const parts = keys.map((name) => `${JSON.stringify(name)}:${canonical((value as Record<string, unknown>)[name], name)}`);
  return `{${parts.join(",")}}`;
}
