import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

/** A real gateway in a process of its own, with the demo plant beside it, as `npm start` has it; ports and data are its own. */
export interface GatewayProcess {
  readonly url: string;
  readonly socketUrl: string;
  /** Everything it said so far. */
  readonly said: readonly string[];
  json<T>(path: string, init?: RequestInit): Promise<T>;
  /** Ends it as power failure would: nothing is flushed, nothing is told. */
  kill(): Promise<void>;
  stop(): Promise<number | null>;
}

/** A site in a temporary folder: the demo's own, on a free port. It outlives a gateway that is killed in it. */
export interface TrySite {
  readonly folder: string;
  readonly file: string;
  start(): Promise<GatewayProcess>;
  remove(): void;
}

const readyWithinMs = 90_000;
const stopWithinMs = 20_000;

export function trySite(change: (text: string) => string = (text) => text): TrySite {
  const folder = mkdtempSync(join(tmpdir(), "plainview-test-"));
  // Open to enter, so that a gateway run by root keeps its database in here and not under /var/lib: what is removed is all there was.
  chmodSync(folder, 0o755);
  const file = join(folder, "plainview.yaml");
  const demo = readFileSync(new URL("../../demo/plainview.yaml", import.meta.url), "utf8");
  writeFileSync(file, change(demo.replace(/port: 4000/, "port: 0")));
  return {
    folder,
    file,
    start: () => startIn(file),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

async function startIn(file: string): Promise<GatewayProcess> {
  const script = new URL("../../src/cli/plainview.js", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, "start", file, "--demo"], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const said: string[] = [];
  const url = await firstAddress(child, said, ended);
  await readyAt(url, said);
  return {
    url,
    socketUrl: `${url.replace("http", "ws")}/control`,
    said,
    json: async <T>(path: string, init?: RequestInit) => {
      const answer = await fetch(`${url}${path}`, init);
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGINT");
      const hard = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
      const code = await ended;
      clearTimeout(hard);
      return code;
    },
  };
}

function firstAddress(child: ChildProcess, said: string[], ended: Promise<number | null>): Promise<string> {
  return new Promise((resolve, reject) => {
    const hear = (line: string): void => {
      said.push(line);
      const address = /is ready: open (http\S+)/.exec(line)?.[1];
      if (address) resolve(address);
    };
    createInterface({ input: child.stdout! }).on("line", hear);
    createInterface({ input: child.stderr! }).on("line", hear);
    void ended.then((code) => reject(new Error(`the gateway ended with ${code}:\n${said.join("\n")}`)));
  });
}

async function readyAt(url: string, said: readonly string[]): Promise<void> {
  await eventually(
    async () => (await fetch(`${url}/ready`)).ok,
    readyWithinMs,
    () => said.join("\n"),
  );
}

/** Waits until something holds; what it last threw, and what was said meanwhile, are in the error when it never does. */
export async function eventually(
  holds: () => Promise<boolean> | boolean,
  withinMs = 30_000,
  about: () => string = () => "",
): Promise<void> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not come true within ${withinMs / 1_000} s: ${last instanceof Error ? last.message : ""} ${about()}`);
}

export interface Frame {
  readonly type: string;
  readonly timeline?: string;
  readonly commandId?: string;
  readonly status?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** A bare socket and everything it heard: no client library of ours in between. */
export interface BareSocket {
  readonly frames: Frame[];
  send(frame: object): void;
  heard(wanted: (frame: Frame) => boolean, withinMs?: number): Promise<Frame>;
  close(): void;
}

export async function bareSocket(url: string): Promise<BareSocket> {
  const socket = new WebSocket(url);
  const frames: Frame[] = [];
  socket.on("message", (raw) => frames.push(JSON.parse(String(raw)) as Frame));
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return {
    frames,
    send: (frame) => socket.send(JSON.stringify(frame)),
    async heard(wanted, withinMs = 20_000) {
      let found: Frame | undefined;
      await eventually(
        () => (found = frames.find(wanted)) !== undefined,
        withinMs,
        () => JSON.stringify(frames.slice(-20)),
      );
      return found!;
    },
    close: () => socket.close(),
  };
}
