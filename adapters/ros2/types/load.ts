import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { TypeRegistry } from "./registry.ts";

/** How deep a folder of interface packages is searched, and how many files of it are looked at. */
const maxDepth = 6;
const maxFiles = 20_000;

/** A registry that knows the packages every ROS 2 installation has. */
export function standardTypes(): TypeRegistry {
  const registry = new TypeRegistry();
  const folder = new URL("./standard/", import.meta.url);
  for (const file of readdirSync(folder).sort()) {
    if (file.endsWith(".defs")) registry.addBundle(readFileSync(new URL(file, folder), "utf8"));
  }
  return registry;
}

/**
 * Adds every `.msg`, `.srv`, `.action` and `.idl` below a folder. The package is the folder above `msg/`, `srv/` or `action/`, as in a ROS
 * workspace or an installed `share/`. Returns how many files were read; a file that cannot be read throws with its path.
 */
export function loadFolder(registry: TypeRegistry, folder: string): number {
  let read = 0;
  for (const path of interfaceFiles(folder, 0)) {
    if (++read > maxFiles) throw new RangeError(`more than ${maxFiles} interface files below ${folder}`);
    loadFile(registry, path);
  }
  return read;
}

function* interfaceFiles(folder: string, depth: number): Generator<string> {
  if (depth > maxDepth) return;
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* interfaceFiles(path, depth + 1);
    else if (/\.(msg|srv|action|idl)$/.test(entry.name)) yield path;
  }
}

function loadFile(registry: TypeRegistry, path: string): void {
  const kind = extname(path).slice(1);
  const text = readFileSync(path, "utf8");
  try {
    if (kind === "idl") registry.addIdl(text);
    else registry.add(basename(dirname(dirname(path))), kind as "msg" | "srv" | "action", basename(path, `.${kind}`), text);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
