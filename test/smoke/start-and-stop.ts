// Does with the start command what a person does on the first day: starts it, looks, writes one value, stops it, and finds
// nothing left behind. Prints what it saw and ends with 0, or says what was wrong and ends with 1.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";

const base = "http://127.0.0.1:4000";
const readyWithinMs = 60_000;
const stopWithinMs = 10_000;

const started = Date.now();
const child = spawn("npm", ["start"], { stdio: ["ignore", "inherit", "inherit"], detached: true });
const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));

try {
  await until("GET /health answers", readyWithinMs, async () => (await fetch(`${base}/health`)).ok);
  await until("GET /ready is 200", readyWithinMs, async () => (await fetch(`${base}/ready`)).ok);
  say(`ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  const first = await pipeFlow();
  await until("the live flow moves", 10_000, async () => (await pipeFlow()) !== first);
  say(`the flow moves from ${first}`);
  say(`a write ends ${await writeAndWait()}`);
  await until("the value is in the history", 20_000, hasHistory);
  const page = await (await fetch(`${base}/`)).text();
  if (!page.includes("<script")) throw new Error("the control room is not served at /");
  const childrenBefore = processesBelow(child.pid!);
  const asked = Date.now();
  process.kill(-child.pid!, "SIGINT");
  await Promise.race([ended, sleep(stopWithinMs).then(() => Promise.reject(new Error(`it did not stop within ${stopWithinMs} ms`)))]);
  say(`stopped after ${Date.now() - asked} ms`);
  await until("nothing is left behind", 3_000, async () => childrenBefore.every((pid) => !isAlive(pid)));
  await fetch(`${base}/health`).then(
    () => Promise.reject(new Error("something still listens on port 4000")),
    () => undefined,
  );
  say(`nothing is left of ${childrenBefore.length} processes`);
  say("1 passed, 0 failed");
} catch (error) {
  say(`the smoke run failed: ${error instanceof Error ? error.message : String(error)}`);
  say("0 passed, 1 failed");
  process.exitCode = 1;
  for (const pid of [...processesBelow(child.pid!), child.pid!]) if (isAlive(pid)) process.kill(pid, "SIGKILL");
}

function say(line: string): void {
  console.log(line);
}

async function until(what: string, withinMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + withinMs;
  let last = "";
  while (Date.now() < deadline) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error instanceof Error ? `: ${error.message}` : "";
    }
    await sleep(100);
  }
  throw new Error(`${what}: not within ${withinMs / 1000} s${last}`);
}

async function pipeFlow(): Promise<number | null> {
  const point = (await (await fetch(`${base}/points/pipe/flow`)).json()) as { latest: { value: number | null } | null };
  return point.latest?.value ?? null;
}

async function hasHistory(): Promise<boolean> {
  const from = new Date(started).toISOString();
  const to = new Date(Date.now() + 1_000).toISOString();
  const answer = await fetch(`${base}/history?points=pipe/flow&from=${from}&to=${to}`);
  return answer.ok && ((await answer.json()) as unknown[]).length > 0;
}

/** The example session's way: a frame on the socket, an acknowledgement, and events until the plant shows it. */
async function writeAndWait(): Promise<string> {
  const socket = new WebSocket("ws://127.0.0.1:4000/control");
  await new Promise((resolve, reject) => (socket.once("open", resolve), socket.once("error", reject)));
  const confirmed = new Promise<string>((resolve, reject) => {
    socket.on("message", (raw) => {
      const frame = JSON.parse(String(raw)) as { type: string; status?: string; message?: string; data?: { type?: string } };
      if (frame.type === "ack" && frame.status !== "success") reject(new Error(`the write was refused: ${frame.message}`));
      if (
        frame.type === "event" &&
        frame.data?.type?.startsWith("command.") &&
        /confirmed|failed|mismatch|unknown|expired/.test(frame.data.type)
      )
        resolve(frame.data.type);
    });
  });
  socket.send(JSON.stringify({ type: "point.write", point: "fc-101/setpoint", value: 550, reason: "smoke run" }));
  const end = await Promise.race([confirmed, sleep(15_000).then(() => "without an end in 15 s")]);
  socket.close();
  if (end !== "command.confirmed") throw new Error(`the write ended ${end}`);
  return end;
}

/** Everything started below a process, found through the parents that Linux names. */
function processesBelow(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      parents.set(Number(name), Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]));
    } catch {
      // It ended while the list was read.
    }
  }
  const found = [root];
  for (const pid of found) for (const [child_, parent] of parents) if (parent === pid && !found.includes(child_)) found.push(child_);
  return found;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
