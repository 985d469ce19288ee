import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Every source file git knows or would know, from the root, with forward slashes. */
export function sourceFiles(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.ts", "*.tsx"], {
    cwd: root,
    encoding: "utf8",
  });
  return [...new Set(listed.split("\n"))].filter((file) => file !== "" && existsAsText(file));
}

function existsAsText(file: string): boolean {
  try {
    readFileSync(join(root, file));
    return true;
  } catch {
    return false;
  }
}

export function textOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** What a file imports from inside the repository, as paths from the root. */
export function importsOf(file: string): readonly string[] {
  const found: string[] = [];
  for (const match of textOf(file).matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
    const place = placeOf(file, match[1]!);
    if (place !== undefined) found.push(place);
  }
  return found;
}

/** What Node loads with a file: its own imports from the root, packages by their name. Types and `await import()` are not among them. */
export function loadedBy(file: string): readonly string[] {
  const statement = /^(?:import|export)\s+(?!type\b)(?:(?:\w+\s*,\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+)\s+from\s+)?["']([^"']+)["']/gm;
  return [...textOf(file).matchAll(statement)].map((match) => placeOf(file, match[1]!) ?? match[1]!);
}

function placeOf(file: string, target: string): string | undefined {
  if (target.startsWith("#")) return target.slice(1);
  if (target.startsWith(".")) return relative(root, resolve(join(root, dirname(file)), target)).replaceAll("\\", "/");
  return undefined;
}

export const isTest = (file: string): boolean =>
  /\.test\.tsx?$|(^|\/)(fakes?|peers?|testing|fixtures|cases)\/|-peer\.ts$|fake-[a-z-]+\.ts$/.test(file);
