// The gateway as somebody starts it: the command, a site file, and what the system says of the process.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface StartedGateway {
  readonly url: string;
  used(): { readonly cpuUs: number; readonly rss: number };
  /** Stops it as a service manager would; what it does not finish in ten seconds is ended. */
  stop(): Promise<void>;
}

const command = fileURLToPath(new URL("../../src/cli/plainview.js", import.meta.url));
const startsWithinMs = 120_000;

export async function startGateway(folder: string, siteFile: string): Promise<StartedGateway> {
  mkdirSync(folder, { mode: 0o755 });
  const path = join(folder, "plainview.yaml");
  writeFileSync(path, siteFile);
  const child = spawn(process.execPath, [command, "start", path], { stdio: ["ignore", "pipe", "pipe"] });
  const said = await untilSaid(child, /the database is ready/);
  const url = /open (http:\S+)/.exec(said)?.[1];
  if (url === undefined) throw new Error(`the gateway did not say where it is:\n${said}`);
  return { url, used: () => usedBy(child.pid!), stop: () => stopped(child) };
}

function untilSaid(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the gateway did not come up:\n${said}`));
    }, startsWithinMs);
    const hear = (text: Buffer): void => {
      said += String(text);
      if (!wanted.test(said)) return;
      clearTimeout(late);
      resolve(said);
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", hear);
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Error(`the gateway ended with ${code}:\n${said}`));
    });
  });
}

/** All threads of the process, none of the programs it started; clock ticks are hundredths of a second. */
function usedBy(pid: number): { cpuUs: number; rss: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1];
  return { cpuUs: (Number(fields[11]) + Number(fields[12])) * 10_000, rss: Number(kilobytes) * 1_024 };
}

function stopped(child: ChildProcess): Promise<void> {
  const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
  child.kill("SIGTERM");
  return new Promise((resolve) => child.once("exit", () => (clearTimeout(hard), resolve())));
}
