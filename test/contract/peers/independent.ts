import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Programs nobody here wrote, compiled or started for a test; `undefined` when the machine does not have what they need. */
export class Independent {
  private readonly folder = mkdtempSync(join(tmpdir(), "plainview-peers-"));
  private readonly children: ChildProcess[] = [];

  /** Compiles one of our C sources against libmodbus. Says in one line why it cannot. */
  async libmodbus(name: "libmodbus-server" | "libmodbus-client"): Promise<string | undefined> {
    const out = join(this.folder, name);
    try {
      await run("gcc", ["-O2", "-I/usr/include/modbus", "-o", out, `${import.meta.dirname}/${name}.c`, "-lmodbus", "-lpthread"]);
      return out;
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "gcc is missing" : "it does not compile (libmodbus-dev?)";
      console.info(`not tried against ${name}: ${why}`);
      return undefined;
    }
  }

  /** A Python that has pymodbus; Debian puts it where other Pythons on the path do not look. */
  async pymodbus(): Promise<string | undefined> {
    for (const python of ["python3", "/usr/bin/python3"]) {
      const found = await run(python, ["-c", "import pymodbus.server, pymodbus.client"]).catch(() => undefined);
      if (found) return python;
    }
    console.info("not tried against pymodbus: python3-pymodbus, python3-serial or python3-serial-asyncio is missing");
    return undefined;
  }

  async has(program: string, ...words: string[]): Promise<boolean> {
    const found = await run(program, words).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
    );
    if (!found) console.info(`not tried: ${program} is missing`);
    return found;
  }

  /** Starts a program and waits for its first line. */
  async start(program: string, words: readonly string[]): Promise<string> {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "ignore"] });
    this.children.push(child);
    const lines = createInterface(child.stdout);
    return new Promise((resolve, reject) => {
      lines.once("line", resolve);
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
    });
  }

  async output(program: string, words: readonly string[]): Promise<string> {
    const { stdout } = await run(program, [...words], { timeout: 30_000 });
    return stdout.trim();
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async close(): Promise<void> {
    for (const child of this.children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
