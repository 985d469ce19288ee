import { spawn, type ChildProcess } from "node:child_process";
import { chownSync, closeSync, openSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type { Log } from "#src/kit/log.ts";
import { databaseAccount, type Account } from "./account.ts";
import { findBinaries, runnableBinaries, type Binaries } from "./binaries.ts";
import { ensureCluster, plainEnvironment, superuser } from "./cluster.ts";
import { keepRunning } from "./keep-running.ts";
import { ownData, preparePlace, type Place } from "./place.ts";
import { ended, isAlive, isServerOf, readPostmaster } from "./postmaster.ts";

export interface EmbeddedOptions {
  /** The database's own folder within the site's. */
  readonly folder: string;
  readonly log: Log;
  /** What is being done, for a person who waits: "setting up the database". */
  readonly progress?: (message: string) => void;
  /** Where it goes when PostgreSQL's user cannot enter `folder`. */
  readonly elsewhere?: string;
  /** Whether it is started again when it ends by itself, as PostgreSQL does on a full disk. */
  readonly keepRunning?: boolean;
  /** Server settings beside our own, such as a larger shared_buffers. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Embedded {
  readonly url: string;
  /** Process number of the server, the one that runs now. */
  readonly pid: number;
  /** A server that a killed gateway had left running was taken over. */
  readonly adopted: boolean;
  stop(): Promise<void>;
}

/** What our own server is told beyond PostgreSQL's defaults: no other program reaches it, and bulk loading is what it does. */
const settings = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  max_connections: "40",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "2GB",
  checkpoint_timeout: "15min",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
};
const databaseName = "plainview";
/** A server that has to repair itself after a crash gets this long, as long as it lives and says so. */
const readyWithinMs = 120_000;
/** An orderly stop gets this long, then it is told to drop everything; what was committed is safe either way. */
const orderlyStopMs = 1_000;
const biggestLogBytes = 10 * 2 ** 20;

/** A real PostgreSQL of the gateway's own. Resolves when it takes queries. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const progress = options.progress ?? (() => undefined);
  const account = databaseAccount();
  const place = preparePlace(options.folder, account, options.elsewhere);
  if (account && place.asked !== place.root)
    options.log.info(
      `the database lies in ${place.root}, because user ${account.name} cannot enter ${place.asked}; who removes the site removes both`,
    );
  const binaries = runnableBinaries(findBinaries(), account, place.root);
  const runs = (pid: number, url: string, adopted: boolean) => {
    const revive = async () => {
      const { pid } = (await adoptOrClear(place, options.log)) ?? (await launch(place, binaries, account, options.settings));
      return pid;
    };
    return server(place, { pid, url, adopted }, options.keepRunning ? { revive, log: options.log } : undefined);
  };
  const adopted = await adoptOrClear(place, options.log);
  if (adopted) return runs(adopted.pid, adopted.url, true);
  progress("setting up the database");
  ownData(place.data, account);
  await ensureCluster(place, binaries, account);
  progress("starting the database");
  const { pid, url } = await launch(place, binaries, account, options.settings);
  progress("the database is ready");
  return runs(pid, url, false);
}

/** Takes over a server that still runs, or makes sure that none does. */
async function adoptOrClear(place: Place, log: Log): Promise<{ pid: number; url: string } | undefined> {
  const left = readPostmaster(place.data);
  if (!left) return undefined;
  if (!isServerOf(left.pid, place.data)) {
    // Removed only when the number belongs to somebody else: for a dead one PostgreSQL looks itself whether children live on.
    if (isAlive(left.pid)) rmSync(join(place.data, "postmaster.pid"), { force: true });
    log.info("a stale lock of the embedded database was cleared", { pid: left.pid });
    return undefined;
  }
  const url = urlOf(place, left.socket, left.port);
  try {
    await answers(url);
    log.info("the embedded database was still running and is taken over", { pid: left.pid });
    return { pid: left.pid, url };
  } catch (error) {
    log.warn("the embedded database was still running but does not answer; it is stopped and started again", {
      pid: left.pid,
      error: messageOf(error),
    });
    await stopServer(left.pid);
    return undefined;
  }
}

async function launch(
  place: Place,
  binaries: Binaries,
  account: Account | undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<{ pid: number; url: string }> {
  const port = process.platform === "win32" ? await freePort() : 5432;
  const flags = Object.entries({ ...settings, ...more }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  if (process.platform === "win32") flags.push("-c", "listen_addresses=127.0.0.1");
  else flags.push("-k", place.socket);
  const logFile = openLog(place, account);
  // Its own process group: Ctrl-C on the terminal reaches the gateway, which then stops the database in order.
  const child = spawn(binaries.postgres, ["-D", place.data, "-p", String(port), ...flags], {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: place.socket,
    env: plainEnvironment(),
    detached: true,
    stdio: ["ignore", logFile, logFile],
  });
  closeSync(logFile);
  // Nobody else stops a server that is still starting when the gateway ends.
  const takeAlong = () => tell(child.pid!, "SIGQUIT");
  process.once("exit", takeAlong);
  try {
    return await ready(place, child, urlOf(place, process.platform === "win32" ? "" : place.socket, port));
  } finally {
    process.off("exit", takeAlong);
  }
}

async function ready(place: Place, child: ChildProcess, url: string): Promise<{ pid: number; url: string }> {
  let over: string | undefined;
  child.once("error", (error) => (over = error.message));
  child.once("exit", (code, signal) => (over = `it ended with ${signal ?? `exit ${code}`}: ${lastWords(place)}`));
  child.unref();
  let problem: unknown;
  for (const until = performance.now() + readyWithinMs; performance.now() < until;) {
    if (over !== undefined)
      throw new GatewayError(
        /No space left/i.test(over) ? "disk-full" : "database-refused",
        `the embedded database did not start; ${over}`,
      );
    try {
      await answers(url);
      return { pid: child.pid!, url };
    } catch (error) {
      problem = error;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }
  await stopServer(child.pid!);
  throw new GatewayError("database-away", `the embedded database did not become ready: ${messageOf(problem)}`, { cause: problem });
}

function server(
  place: Place,
  first: Pick<Embedded, "pid" | "url" | "adopted">,
  kept: { revive: () => Promise<number>; log: Log } | undefined,
): Embedded {
  let { pid } = first;
  let stopping: Promise<void> | undefined;
  const revive = async () => void (pid = await kept!.revive());
  const release = kept && keepRunning({ isRunning: () => isAlive(pid), revive, log: kept.log });
  // A gateway that ends before it has closed everything takes its server along: what was committed is safe, and nobody else would stop it.
  const takeAlong = () => {
    if (isServerOf(pid, place.data)) tell(pid, "SIGQUIT");
  };
  process.once("exit", takeAlong);
  const stop = async () => {
    await release?.();
    if (isServerOf(pid, place.data)) await stopServer(pid);
    process.off("exit", takeAlong);
    // A socket's folder under the system's temporary one is ours alone; the one in the site stays.
    if (!place.socket.startsWith(place.root)) rmSync(place.socket, { recursive: true, force: true });
  };
  return {
    ...first,
    get pid() {
      return pid;
    },
    stop: () => (stopping ??= stop()),
  };
}

/** Fast, then at once, then for good. */
async function stopServer(pid: number): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGINT", orderlyStopMs],
    ["SIGQUIT", 2_000],
    ["SIGKILL", 5_000],
  ] as const) {
    if (!tell(pid, signal) || (await ended(pid, waitMs))) return;
  }
}

/** False when there is nobody any more. */
function tell(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Makes the database on the way when it is not there yet. */
async function answers(url: string): Promise<void> {
  const admin = new URL(url);
  admin.pathname = "/postgres";
  const client = new pg.Client({ connectionString: admin.href, connectionTimeoutMillis: 3_000, application_name: "plainview start" });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(place: Place, socket: string, port: number): string {
  const url = new URL(`postgresql://${superuser}@127.0.0.1:${port}/${databaseName}`);
  url.password = place.password;
  // Both libpq and pg take the socket's folder from the query and leave the name before it aside.
  if (socket !== "") url.searchParams.set("host", socket);
  return url.href;
}

function openLog(place: Place, account: Account | undefined): number {
  const file = openSync(place.logFile, "a", 0o600);
  if (account) chownSync(place.logFile, account.uid, account.gid);
  if (statSync(place.logFile).size > biggestLogBytes) truncateSync(place.logFile, 0);
  return file;
}

function lastWords(place: Place): string {
  return readFileSync(place.logFile, "utf8").trim().split("\n").slice(-3).join(" | ");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
