import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../fakes/synced-writes.ts", import.meta.url));

// kill -9 alone cannot tell a write that was synced from one the kernel still holds, so the system calls themselves are looked at.
test("every acknowledgement comes after a sync that came after its write", async () => {
  if (spawnSync("strace", ["-V"]).status !== 0) return;
  const folder = mkdtempSync(join(tmpdir(), "plainview-sync-"));
  const trace = join(folder, "trace");
  const calls = "trace=write,pwrite64,fsync,fdatasync";
  const child = spawn("strace", ["-f", "-y", "-s", "64", "-e", calls, "-o", trace, process.execPath, script, join(folder, "journal")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.resume();
  const code = await new Promise((resolve) => child.once("close", resolve));
  // A container may forbid tracing; then there is nothing to look at.
  const said = readFileSync(trace, "utf8");
  if (code === 0 || said.includes("segment-")) check(said);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Walks the trace: unsynced bytes of the journal at the moment of an acknowledgement are a broken promise. */
function check(trace: string): void {
  let unsynced = 0;
  let acknowledged = 0;
  for (const line of trace.split("\n")) {
    const wal = line.includes(".sqlite-wal>");
    if (wal && /\b(pwrite64|write)\(/.test(line)) unsynced++;
    else if (wal && /\b(fsync|fdatasync)\(/.test(line)) unsynced = 0;
    else if (line.includes("write(1<") && line.includes("durable ")) {
      acknowledged++;
      expect(unsynced, `unsynced writes when ${line} was said`).toBe(0);
    }
  }
  expect(acknowledged).toBe(20);
}
