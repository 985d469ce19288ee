import { spawn } from "node:child_process";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "#src/kit/errors.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { ownFolder, type Place } from "./place.ts";

export const superuser = "plainview";

/** Makes the data folder, whole or not at all: a first start that was killed half-way leaves nothing that looks finished. */
export async function ensureCluster(place: Place, binaries: Binaries, account: Account | undefined): Promise<void> {
  if (existsSync(join(place.data, "PG_VERSION"))) return;
  const making = `${place.data}.new`;
  rmSync(making, { recursive: true, force: true });
  ownFolder(making, account);
  const passwordFile = join(place.socket, "first-password");
  writeFileSync(passwordFile, `${place.password}\n`, { mode: 0o644 });
  try {
    await run(
      binaries.initdb,
      [
        `--pgdata=${making}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
      ],
      place,
      account,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(making, place.data);
}

function run(program: string, args: readonly string[], place: Place, account: Account | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(account && { uid: account.uid, gid: account.gid }),
      cwd: place.socket,
      env: plainEnvironment(),
    });
    const said: string[] = [];
    child.stdout.resume();
    child.stderr.on("data", (text: Buffer) => said.push(text.toString("utf8")));
    child.once("error", (cause) => reject(new GatewayError("no-permission", `${program} cannot be run: ${cause.message}`, { cause })));
    child.once("close", (code, signal) => {
      if (code === 0) return resolve();
      const full = said.join("");
      const kind = /No space left/i.test(full) ? "disk-full" : "database-refused";
      reject(new GatewayError(kind, `the embedded database could not be set up (${signal ?? `exit ${code}`}): ${full.trim().slice(-500)}`));
    });
  });
}

/** Nothing of the gateway's own environment (PGHOST, secrets) reaches the server. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LC_ALL: "C",
    LC_MESSAGES: "C",
    TZ: "UTC",
    ...(process.env.SystemRoot !== undefined && { SystemRoot: process.env.SystemRoot }),
  };
}
