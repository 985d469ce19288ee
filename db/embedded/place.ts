import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, lchownSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { GatewayError } from "#src/kit/errors.ts";
import { makeFolder } from "#src/kit/make-folder.ts";
import { canEnter, type Account } from "./account.ts";

/** Where everything of one embedded database lies. */
export interface Place {
  /** The site's own folder for it. */
  readonly asked: string;
  /** The same, or the one elsewhere. */
  readonly root: string;
  readonly data: string;
  /** Folder of the unix socket; a path the system's 107 characters have room for. */
  readonly socket: string;
  readonly logFile: string;
  readonly password: string;
}

/** A unix socket's path has room for 107 characters; the name in it takes 20. */
const longestSocketFolder = 87;

/**
 * The site's own folder, unless PostgreSQL's user cannot enter it (a site under /root): then a folder under `elsewhere`,
 * and a note in each that names the other. Nobody's permissions are loosened for this.
 */
export function preparePlace(folder: string, account: Account | undefined, elsewhere = "/var/lib/plainview"): Place {
  const asked = resolve(folder);
  const short = createHash("sha256").update(asked).digest("hex").slice(0, 12);
  const root = account && !canEnter(asked, account) ? join(elsewhere, short) : asked;
  makeFolder(asked);
  makeFolder(root, 0o755);
  if (root !== asked) {
    writeFileSync(join(asked, "moved-to"), `${root}\n`);
    writeFileSync(join(root, "belongs-to"), `${asked}\n`);
  }
  const inside = join(root, "run");
  const socket = inside.length <= longestSocketFolder ? inside : join(tmpdir(), `plainview-${short}`);
  ownFolder(socket, account);
  const logFolder = join(root, "log");
  ownFolder(logFolder, account);
  return {
    asked,
    root,
    data: join(root, "data"),
    socket,
    logFile: join(logFolder, "postgres.log"),
    password: password(join(root, "password")),
  };
}

export function ownFolder(folder: string, account: Account | undefined): void {
  makeFolder(folder, 0o700);
  const stat = statSync(folder);
  const owner = account?.uid ?? process.getuid?.() ?? stat.uid;
  if (account && stat.uid === 0) chownSync(folder, account.uid, account.gid);
  else if (stat.uid !== owner)
    throw new GatewayError("no-permission", `${folder} belongs to user ${stat.uid}, not to ${owner}, who runs the embedded database`);
  chmodSync(folder, 0o700);
}

/** A data folder that was copied back from a backup belongs to whoever copied it and is open to all; PostgreSQL refuses both. */
export function ownData(data: string, account: Account | undefined): void {
  if (!existsSync(data)) return;
  chmodSync(data, 0o700);
  if (!account || statSync(data).uid === account.uid) return;
  for (const name of ["", ...readdirSync(data, { recursive: true, encoding: "utf8" })])
    lchownSync(join(data, name), account.uid, account.gid);
}

function password(path: string): string {
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(18).toString("base64url")}\n`, { mode: 0o600 });
  return readFileSync(path, "utf8").trim();
}
