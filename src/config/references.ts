import type { Path, Report } from "./problem.ts";
import type { Places } from "./source.ts";
import { isSecretKey, passwordInUrl } from "./redact.ts";

/** What the outside gives a site file: the environment, and files it refers to. */
export interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file; relative names are relative to the site file. Throws when it cannot be read. */
  readFile(path: string): string;
}

export interface Resolved {
  readonly root: unknown;
  /** What must never appear in a log. */
  readonly secrets: readonly string[];
}

const reference = /\$(\$?)\{([^}]*)\}/g;
const referenceName = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** Replaces `${NAME}`, `${NAME:-otherwise}` and `file:path` everywhere; `$${` stands for a plain `${`. */
export function resolveReferences(root: unknown, places: Places, outside: Outside, report: Report): Resolved {
  const secrets = new Set<string>();
  const copies = new Map<object, object>();

  function resolve(value: unknown, path: Path, secretHere: boolean): unknown {
    if (typeof value !== "object" || value === null) return value;
    const known = copies.get(value);
    if (known) return known;
    const copy: Record<string | number, unknown> | unknown[] = Array.isArray(value) ? [] : {};
    copies.set(value, copy);
    places.inherit(copy, value);
    for (const [key, item] of entries(value)) {
      const secret = secretHere || isSecretKey(String(key));
      const at = [...path, key];
      (copy as Record<string | number, unknown>)[key] =
        typeof item === "string" ? text(item, at, copy, key, secret) : resolve(item, at, secret);
    }
    return copy;
  }

  function text(written: string, path: Path, owner: object, key: string | number, secret: boolean): string {
    const filled = fromEnvironment(written, path, outside, report);
    const isFile = filled.startsWith("file:");
    const value = isFile ? fromFile(filled.slice("file:".length), path, outside, report) : filled;
    if (value !== written) places.markReference(owner, key);
    if (secret || isFile) secrets.add(value);
    const password = passwordInUrl(value);
    if (password) secrets.add(password);
    return value;
  }

  const resolved = resolve(root, [], false);
  return {
    root: resolved,
    // Very short values would black out half of every log line.
    secrets: [...secrets].filter((secret) => secret.length >= 4),
  };
}

function entries(value: object): Iterable<[string | number, unknown]> {
  return Array.isArray(value) ? value.entries() : Object.entries(value);
}

function fromEnvironment(written: string, path: Path, outside: Outside, report: Report): string {
  if (!written.includes("${")) return written;
  return written.replace(reference, (whole, escaped: string, inside: string) => {
    if (escaped) return whole.slice(1);
    const [, name, otherwise] = referenceName.exec(inside) ?? [];
    if (name === undefined) {
      report(path, `"${whole}" is not a reference; write \${NAME} or \${NAME:-otherwise}, and $\${ for a plain \${`);
      return whole;
    }
    const value = outside.env[name];
    if (value !== undefined && value !== "") return value;
    if (otherwise === undefined) report(path, `the environment variable ${name} is not set; set it, or write \${${name}:-otherwise}`);
    return otherwise ?? whole;
  });
}

function fromFile(name: string, path: Path, outside: Outside, report: Report): string {
  try {
    return outside.readFile(name.trim()).replace(/\r?\n$/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const why = code === "ENOENT" ? "does not exist" : code === "EACCES" ? "may not be read by this user" : "cannot be read";
    report(path, `the file ${name.trim()} ${why}`);
    return `file:${name}`;
  }
}
