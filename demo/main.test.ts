import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";

const children: ChildProcess[] = [];
const program = new URL("main.ts", import.meta.url).pathname;

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function run(...options: string[]): ChildProcess {
  const child = spawn(process.execPath, [program, ...options], { stdio: ["pipe", "pipe", "pipe"] });
  children.push(child);
  return child;
}

async function ready(child: ChildProcess): Promise<Record<string, number>> {
  if (child.stdout === null) throw new Error("no standard output");
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  return JSON.parse(line) as Record<string, number>;
}

describe("the demo plant as a process", () => {
  it("says in one line where it can be reached, and ends when its parent lets go", async () => {
    const child = run("--seed", "11", "--speed", "10");
    const line = await ready(child);
    expect(line).toMatchObject({ ready: true, pid: child.pid, seed: 11, speed: 10 });
    for (const port of ["modbus", "mqtt", "control"]) {
      const socket = connect(line[port] ?? 0, "127.0.0.1");
      await once(socket, "connect");
    }
    // Clients still hang on to it; that must not keep it alive.
    const exited = once(child, "exit");
    child.stdin?.end();
    expect(await exited).toEqual([0, null]);
  });

  it("ends on SIGTERM", async () => {
    const child = run("--port-mqtt", "off");
    expect(await ready(child)).toMatchObject({ mqtt: null });
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });

  it("says what is wrong with its options and with a port in use", async () => {
    const first = run("--port-mqtt", "off");
    const { modbus } = await ready(first);
    const wrongs = [["--speed", "fast"], ["--seed", "x"], ["--port-mqtt", "70000"], ["--nonsense"], ["--port-modbus", String(modbus)]];
    for (const options of wrongs) {
      const child = run(...options);
      let words = "";
      child.stderr?.on("data", (chunk: Buffer) => (words += chunk.toString()));
      const [code] = (await once(child, "close")) as [number];
      expect(code, options.join(" ")).toBeGreaterThan(0);
      expect(words).not.toContain("    at ");
      expect(words.length).toBeGreaterThan(10);
    }
  });
});
