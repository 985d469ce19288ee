import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDemo, type Demo } from "#demo/start.ts";

/** The gateway as a person starts it, with the demo plant, on a port and in a folder of their own. */
export interface RealGateway {
  readonly url: string;
  readonly demo: Demo;
  close(): Promise<void>;
}

const readyWithinMs = 90_000;
const endsWithinMs = 8_000;

export async function startRealGateway(): Promise<RealGateway> {
  const folder = await mkdtemp(join(tmpdir(), "plainview-browser-"));
  // Open to enter, so that a gateway run by root keeps its database in here and not under /var/lib: what is removed is all there was.
  await chmod(folder, 0o755);
  const demo = await startDemo({ seed: 7 });
  const siteFile = join(folder, "plainview.yaml");
  const site = await readFile(fileURLToPath(new URL("../../demo/plainview.yaml", import.meta.url)), "utf8");
  await writeFile(siteFile, site.replace(/^ {2}port: 4000$/m, "  port: 0"));
  const command = fileURLToPath(new URL("../../src/cli/plainview.js", import.meta.url));
  const ports = {
    DEMO_MODBUS_PORT: String(demo.ports.modbus),
    DEMO_MQTT_PORT: String(demo.ports.mqtt),
    DEMO_BACNET_PORT: String(demo.ports.bacnet),
    DEMO_ROS2_DOMAIN: String(demo.ros2Domain),
  };
  const child = spawn(process.execPath, [command, "start", siteFile], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...ports },
  });
  const close = async (): Promise<void> => {
    await end(child);
    await demo.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await urlOf(child);
    await untilThePastCanBeAsked(url);
    return { url, demo, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** From the line that a person reads; all that was said before is in the error when it does not come. */
function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const late = setTimeout(() => reject(new Error(`the gateway was not ready in time; it said:\n${said}`)), readyWithinMs);
    const hear = (text: Buffer): void => {
      said = (said + String(text)).slice(-20_000);
      const url = /ready: open (http:\/\/\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Error(`the gateway ended with code ${code}; it said:\n${said}`));
    });
  });
}

/** The database starts beside a gateway that serves already; until then a trend has nothing to ask, and says so. */
async function untilThePastCanBeAsked(url: string): Promise<void> {
  const to = new Date();
  const query = new URLSearchParams({ points: "pipe/flow", from: new Date(to.getTime() - 60_000).toISOString(), to: to.toISOString() });
  const deadline = Date.now() + readyWithinMs;
  let status = 0;
  while (Date.now() < deadline) {
    status = (await fetch(`${url}/history?${query}`)).status;
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`GET /history answered ${status} for ${readyWithinMs / 1_000} s`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), endsWithinMs);
  await ended;
  clearTimeout(hard);
}
