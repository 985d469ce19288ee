import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Site } from "#src/config/site.ts";
import { startDemoPlant, usualDoor, type DemoPlant } from "#src/demo-plant.ts";
import { openGateway, type Gateway } from "#src/gateway.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { dashboardFolder } from "#src/dashboard-folder.ts";
import { openReload, type Reload, type ReloadParts } from "#src/reload.ts";
import { openLog } from "#src/server/log.ts";
import { readSite } from "#src/site-reader.ts";

export interface RunOptions {
  /** Absent with `demo`: the demo's own. */
  readonly siteFile?: string;
  /** Starts the demo plant beside the gateway and points the site file's references at it. */
  readonly demo?: boolean;
  /** One JSON object a line instead of text for people. */
  readonly json?: boolean;
  readonly out: (line: string) => void;
}

/**
 * A person who pressed Ctrl-C waits this long at most; then it ends all the same, and recovery mends the rest. A service manager has more
 * patience, and a busy plant's last seconds take a while to be written.
 */
const stopWithinMs = { SIGINT: 2_000, SIGTERM: 20_000 } as const;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
export const version: string = (JSON.parse(readFileSync(here("../package.json"), "utf8")) as { version: string }).version;

/** Runs until it is told to stop; the number is the exit code. */
export async function runGateway(options: RunOptions): Promise<number> {
  const { out } = options;
  let demo: DemoPlant | undefined;
  let gateway: Gateway | undefined;
  const stopped = stopRequest();
  let asked: keyof typeof stopWithinMs = "SIGINT";
  try {
    if (options.demo) {
      out("starting the demo plant");
      demo = await startDemoPlant();
      if (demo.control !== usualDoor) out(`the plant's own door: plainview demo … --demo-url http://127.0.0.1:${demo.control}`);
      Object.assign(process.env, demo.env);
    }
    const path = options.siteFile ?? (options.demo ? here("../demo/plainview.yaml") : "plainview.yaml");
    const opened = await openSite(path, options);
    if (!opened) return 1;
    ({ gateway } = opened);
    const stopReload = reloadOnHangUp(opened.reload, out);
    asked = await stopped;
    stopReload();
    out("stopping");
    return 0;
  } catch (error) {
    out(error instanceof GatewayError ? error.message : `plainview stopped: ${messageOf(error)}`);
    if (!(error instanceof GatewayError) && error instanceof Error) out(error.stack ?? "");
    return 1;
  } finally {
    const hard = setTimeout(() => {
      out("not everything was closed in time; the next start mends the rest");
      process.exit(1);
    }, stopWithinMs[asked]);
    hard.unref();
    await gateway?.close();
    await demo?.close();
    clearTimeout(hard);
  }
}

/**
 * Undefined when the file has mistakes, which have been said. The site as it was read is not kept beyond this function: at a hundred
 * thousand points a second description of them is ten megabytes.
 */
async function openSite(path: string, { out, json }: RunOptions): Promise<{ gateway: Gateway; reload: Reload } | undefined> {
  const read = (running?: Site) => readSite(path, running);
  const found = await read();
  if ("problems" in found) {
    found.problems.forEach(out);
    out(`nothing was started: ${found.problems.length} ${found.problems.length === 1 ? "mistake" : "mistakes"} in ${path}`);
    return undefined;
  }
  const { level, areas } = found.site.log;
  const log = openLog({ level, areas, secrets: found.site.secrets, pretty: !json });
  const opened: { gateway?: Gateway } = {};
  const running = (): Gateway => {
    if (!opened.gateway) throw new GatewayError("busy", "the gateway is still starting; reload again when it serves");
    return opened.gateway;
  };
  const apply: ReloadParts["apply"] = async (next, about) => {
    log.change({ ...next.log, secrets: next.secrets });
    await running().apply(next, about);
  };
  const reload = openReload({ started: found.site, described: () => running().site, read, apply, log });
  let firstToken: string | undefined;
  const gateway = await openGateway(found.site, {
    reload,
    version,
    log,
    progress: out,
    dashboardFolder: await dashboardFolder(out),
    showFirstToken: (token) => (firstToken = token),
  });
  opened.gateway = gateway;
  announce(gateway, out);
  if (firstToken !== undefined) out(firstTokenText(firstToken, gateway.url));
  return { gateway, reload };
}

function firstTokenText(token: string, url: string): string {
  const frame = "─".repeat(72);
  return `${frame}
  Nobody can sign in yet. Make the first administrator with this token:

      ${token}

  curl ${url}/auth/first-admin -H 'content-type: application/json' \\
    -d '{"token":"${token}","name":"me","password":"ten characters or more"}'

  It is shown only now, works once, and the next start makes another. People can
  stand in the site file instead: auth.users, with plainview hash-password.
${frame}`;
}

function announce({ site, url }: Gateway, out: (line: string) => void): void {
  out(`${site.name}: ${site.points.length} points on ${site.devices.length} devices`);
  out(`Plainview ${version} is ready: open ${url}`);
  out(`  API ${url}/docs    control channel ${url.replace("http", "ws")}/control`);
  if (site.auth.loopback) out(`  whoever uses this machine may act as ${site.auth.loopback} without signing in (auth.loopback)`);
}

function stopRequest(): Promise<keyof typeof stopWithinMs> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
  });
}

/** SIGHUP reads the site file again; a file with mistakes changes nothing. The log says what came of it. */
function reloadOnHangUp(reload: Reload, out: (line: string) => void): () => void {
  const hungUp = (): void => {
    reload("SIGHUP").then(
      (done) => ("changed" in done ? out(`reloaded: ${done.changed}`) : done.problems.forEach(out)),
      () => undefined,
    );
  };
  process.on("SIGHUP", hungUp);
  return () => process.off("SIGHUP", hungUp);
}
