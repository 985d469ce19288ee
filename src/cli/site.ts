import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { formatProblem, loadSiteFile } from "#src/config/index.ts";
import type { Loaded, Site } from "#src/config/index.ts";
import { CommandFailure } from "./exit-codes.ts";
import type { Context } from "./context.ts";

export const defaultSite = "plainview.yaml";

export function sitePath(context: Context, written: string | undefined): string {
  return resolve(context.terminal.cwd, siteName(context, written));
}

/** The same as the person who asked would write it. */
export function siteName(context: Context, written: string | undefined): string {
  return written ?? context.terminal.env["PLAINVIEW_SITE"] ?? defaultSite;
}

/** A site file as the gateway would read it, conditions included. */
export async function loadAt(context: Context, path: string): Promise<Loaded> {
  const root = await context.root();
  return loadSiteFile(path, { modules: await root.modules(), checkInterlock: await root.checkInterlock() });
}

/** The site of a file; a file with problems fails with all of them. */
export async function readSite(context: Context, written: string | undefined): Promise<Site> {
  const loaded = await loadAt(context, sitePath(context, written));
  if ("site" in loaded) return loaded.site;
  throw new CommandFailure(
    "failed",
    loaded.problems.map((problem) => formatProblem(siteName(context, written), problem)).join("\n"),
    "site-problems",
  );
}

/** Where the gateway of a site file keeps its own files; looked up even when the rest of the file has problems. */
export function dataFolder(context: Context, written: string | undefined): string {
  const { cwd, env } = context.terminal;
  if (written !== undefined) return resolve(cwd, written);
  const path = sitePath(context, undefined);
  try {
    const site = parse(readFileSync(path, "utf8")) as { data?: { folder?: unknown } } | null;
    const folder = site?.data?.folder ?? "data";
    if (typeof folder === "string" && !folder.includes("${")) return resolve(dirname(path), folder);
  } catch {
    // Said below: whoever asks can name the folder.
  }
  throw new CommandFailure("usage", `which data folder? ${env["PLAINVIEW_SITE"] ?? defaultSite} does not say; name it with --data`);
}
