import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { loadSite } from "./load-site.ts";
import type { Loaded, LoadOptions } from "./load-site.ts";

/** Reads a site file from disk, with this process's environment: the one place in this folder that touches the outside. */
export function loadSiteFile(path: string, options: Pick<LoadOptions, "modules" | "checkInterlock">): Loaded {
  const folder = dirname(resolve(path));
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const why =
      code === "ENOENT"
        ? "does not exist; write one, or try plainview start --demo"
        : code === "EACCES"
          ? "may not be read by this user"
          : "cannot be read";
    return { problems: [{ line: 1, column: 1, where: "", message: why }] };
  }
  return loadSite(text, {
    ...options,
    path: resolve(path),
    env: process.env,
    readFile: (name) => readFileSync(resolve(folder, name), "utf8"),
  });
}
