import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { GatewayError } from "#src/kit/errors.ts";

/** Who PostgreSQL runs as when the gateway runs as root: it refuses to be root itself. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Undefined for an ordinary user, who runs it as himself. */
export function databaseAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  // "nobody" is in every container; a "postgres" user is better where there is one.
  for (const wanted of ["postgres", "nobody"]) {
    const [name, , uid, gid] = known.find(([one]) => one === wanted) ?? [];
    if (name !== undefined && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new GatewayError(
    "no-permission",
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor "nobody" to run it as',
  );
}

/** Whether every folder on the way can be entered; what does not exist yet is judged by where it would be made. */
export function canEnter(folder: string, account: Account): boolean {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const stat = statSync(at, { throwIfNoEntry: false });
    if (stat) {
      const needed = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001;
      if ((stat.mode & needed) === 0) return false;
    }
    if (at === dirname(at)) return true;
  }
}
