import { execFile } from "node:child_process";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface BuildOptions {
  /** Leaves a build alone that is newer than everything it is made of. */
  readonly onlyIfOlder?: boolean;
}

const here = fileURLToPath(new URL(".", import.meta.url));
const vocabulary = fileURLToPath(new URL("../msgs/", import.meta.url));
const oldAfterMs = 60_000;
const atMostMs = 120_000;
/** The folder that a gateway serves at `/`. */
export const builtFolder = fileURLToPath(new URL("./dist", import.meta.url));

/**
 * Builds the screen and resolves with the folder to serve. Vite is a development dependency and runs only when there is
 * something to build, so that an installation with a finished build does without it.
 */
export async function buildDashboard({ onlyIfOlder = false }: BuildOptions = {}): Promise<string> {
  if (onlyIfOlder && (await isFresh())) return builtFolder;
  await inItsOwnProcess(join(here, "build-now.ts"));
  await removeOld();
  return builtFolder;
}

async function inItsOwnProcess(program: string): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [program], { timeout: atMostMs });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    throw new Error(whatItSaid(stderr) || String(error), { cause: error });
  }
}

/** The error itself and not the stack below it; where none is named, its last words. */
function whatItSaid(stderr: string): string {
  const lines = stderr.trim().split("\n");
  return lines.find((line) => /Error\b.*: \S/.test(line))?.trim() ?? lines.slice(-12).join("\n");
}

/**
 * Names of built files carry a hash of what is in them, so two builds at once do not hurt each other as long as neither clears
 * the folder first. What is left of earlier builds is removed when nobody can be about to ask for it any more.
 */
async function removeOld(): Promise<void> {
  const assets = join(builtFolder, "assets");
  const page = await readFile(join(builtFolder, "index.html"), "utf8");
  const newest = (await modifiedAt(join(builtFolder, "index.html"))) ?? 0;
  for (const name of await readdir(assets)) {
    const file = join(assets, name);
    const age = newest - ((await modifiedAt(file)) ?? newest);
    if (!page.includes(name) && age > oldAfterMs) await rm(file, { force: true });
  }
}

async function isFresh(): Promise<boolean> {
  const built = await modifiedAt(join(builtFolder, "index.html"));
  if (built === undefined) return false;
  return built >= Math.max(await newestIn(here), await newestIn(vocabulary));
}

/** When the newest file below a folder was written; what is built from it and what it is tested with do not count. */
async function newestIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile() && isSource(join(entry.parentPath, entry.name).slice(folder.length)));
  const times = await Promise.all(sources.map((entry) => modifiedAt(join(entry.parentPath, entry.name))));
  return Math.max(0, ...times.map((time) => time ?? 0));
}

function isSource(path: string): boolean {
  const top = path.split(sep)[0];
  return top !== "dist" && top !== "testing" && !path.endsWith(".md") && !/\.test\.tsx?$/.test(path);
}

async function modifiedAt(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return undefined;
  }
}
