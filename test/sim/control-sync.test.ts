import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("./control-sync-child.ts", import.meta.url));

// A killed process leaves its writes with the kernel, so the system calls themselves are looked at.
test("no step is told and no device is written before the mark is on the disk", async () => {
  if (spawnSync("strace", ["-V"]).status !== 0) return;
  const folder = mkdtempSync(join(tmpdir(), "control-sync-"));
  const trace = join(folder, "trace");
  const calls = "trace=write,pwrite64,fsync,fdatasync";
  const child = spawn("strace", ["-f", "-y", "-s", "8192", "-e", calls, "-o", trace, process.execPath, script, join(folder, "control")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.resume();
  const code = await new Promise((resolve) => child.once("close", resolve));
  // A container may forbid tracing; then there is nothing to look at.
  const said = readFileSync(trace, "utf8");
  if (code === 0 || said.includes("control.db-wal")) check(said);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Walks the trace: a mark is on the disk once a sync has returned that began after the write with its text in it. */
function check(trace: string): void {
  const written = new Set<string>();
  const beingSynced = new Map<string, readonly string[]>();
  const onDisk = new Set<string>();
  let told = 0;
  let devices = 0;
  for (const line of trace.split("\n")) {
    const thread = line.split(" ")[0]!;
    if (line.includes("control.db-wal>") && line.includes("pwrite64(")) for (const mark of marksIn(line)) written.add(mark);
    else if (/\b(fsync|fdatasync)\(/.test(line) && line.includes("control.db-wal>")) {
      beingSynced.set(thread, [...written]);
      if (!line.includes("unfinished")) synced(thread);
    } else if (/<\.\.\. (fsync|fdatasync) resumed>/.test(line)) synced(thread);
    else {
      const step = /write\(1<[^>]*>, "told (cmd-\d+) (\w+)/.exec(line);
      if (step) {
        told++;
        expect(onDisk, `when ${step[1]} was told to be ${step[2]}`).toContain(`${step[1]} ${step[2]}`);
      }
      const act = /write\(1<[^>]*>, "device (\d+)/.exec(line);
      if (act) {
        devices++;
        expect(onDisk, `when the device was written for cmd-${act[1]}`).toContain(`cmd-${act[1]} sending`);
      }
    }
  }
  expect(devices).toBe(13);
  expect(told).toBeGreaterThanOrEqual(4 * 13);

  function synced(thread: string): void {
    for (const mark of beingSynced.get(thread) ?? []) onDisk.add(mark);
    beingSynced.delete(thread);
  }
}

/** A step's text as it stands in the audit chain, with the quotation marks as strace writes them. */
function marksIn(line: string): readonly string[] {
  const text = line.replaceAll("\\", "");
  return [...text.matchAll(/"command":\{"id":"(cmd-\d+)".*?\},"state":"(\w+)"/g)].map(([, id, state]) => `${id} ${state}`);
}
