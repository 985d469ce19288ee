import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { CommandState } from "#msgs/command.ts";
import { isEnd } from "#msgs/command.ts";
import { silentLog } from "#src/kit/log.ts";
import { exportAudit } from "#src/control/audit-export.ts";
import { verifyAudit } from "#src/control/audit-verify.ts";
import { openRecord } from "#src/control/file-record.ts";
import { Rig, slotsPoint } from "./control-rig.ts";

const kills = process.env["PLAINVIEW_SOAK"] === "1" ? 25 : 3;
const order: readonly CommandState[] = ["recorded", "sending", "sent"];

/** Runs a desk until it has said `lines` steps, kills it, and returns the last step it said of each command. */
function killed(folder: string, run: number, lines: number): Promise<Map<string, CommandState>> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./control-crash-child.ts", import.meta.url)), folder, `run${run}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = new Map<string, CommandState>();
  let text = "";
  let count = 0;
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const whole = (text + chunk).split("\n");
      text = whole.pop()!;
      for (const [id, state] of whole.map((line) => line.split(" "))) if (id && state) said.set(id, state as CommandState);
      count += whole.length;
      if (count >= lines) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("exit", () => resolve(said));
  });
}

test("a desk that is killed at any moment has on disk whatever it has said, and the next start ends what was open without writing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crash-"));
  for (let run = 0; run < kills; run++) {
    const said = await killed(folder, run, 500 + run * 700);
    const record = await openRecord({ folder, log: silentLog, reserveBytes: 0 });
    for (const [id, state] of said) {
      const kept = record.lookup(id)?.state;
      if (!kept) throw new Error(`${id} was said to be ${state} and is not on disk`);
      if (!isEnd(kept) && isEnd(state)) throw new Error(`${id} was said to be ${state} and is ${kept} on disk`);
      if (!isEnd(kept)) expect(order.indexOf(kept)).toBeGreaterThanOrEqual(order.indexOf(state));
    }
    const open = (await record.load()).open;
    const rig = await Rig.open({ record, points: Array.from({ length: 20 }, (_, key) => slotsPoint(`p-${key}`)) });
    for (let n = 0; n < 1_000 && open.some(({ id }) => !rig.end(id)); n++) {
      await rig.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const { id, state } of open) {
      const wasSending = state === "sending" || state === "sent";
      const { state: end, code } = rig.end(id) ?? {};
      expect([id, state, `${end} ${code}`]).toEqual([
        id,
        state,
        wasSending ? expect.stringMatching(/^(unknown|mismatch|masked) |^cancelled superseded$/) : "cancelled not-sent",
      ]);
    }
    expect(rig.acts).toEqual([]);
    await rig.control.close();
    expect(verifyAudit(exportAudit(folder))).toMatchObject({ ok: true });
  }
  rmSync(folder, { recursive: true, force: true });
});
