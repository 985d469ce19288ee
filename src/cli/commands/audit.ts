import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { action, show } from "../context.ts";
import type { Context } from "../context.ts";
import { CommandFailure } from "../exit-codes.ts";
import type { Exit } from "../exit-codes.ts";
import type { KeptHead } from "../root.ts";
import { dataFolder } from "../site.ts";
import { messageOf } from "#src/kit/errors.ts";

interface AuditOptions {
  readonly data?: string;
  readonly head?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export function addAudit(program: Command, context: Context): void {
  const audit = program
    .command("audit")
    .description("the record of who did what: verify it, export it, print the head to keep elsewhere; needs no running gateway")
    .addHelpText(
      "after",
      `
Examples:
  plainview audit head >> /mnt/elsewhere/heads        now and then
  plainview audit verify                              the record of this folder's site file
  plainview audit export > audit.ndjson
  plainview audit verify audit.ndjson --head "$(tail -1 /mnt/elsewhere/heads)" --key audit-key.pub`,
    );
  const data = ["--data <folder>", "the gateway's data folder (default: what the site file says)"] as const;
  audit
    .command("verify")
    .description("find what was altered, dropped, reordered or cut off, and name the first such entry")
    .argument("[export]", "an export; absent: the record in the data folder")
    .option(...data)
    .option("--head <head>", "a head that was kept elsewhere, or a file with one: shows that nothing was cut off the end")
    .option("--key <file>", "public key to believe; absent: the one in the export")
    .option("--json", "print JSON")
    .action(action(context, (file: string | undefined, options: AuditOptions) => verify(context, file, options)));
  audit
    .command("export")
    .description("print the record, one JSON document a line")
    .option(...data)
    .action(
      action(context, async (options: AuditOptions) => {
        for (const line of await recordIn(context, options)) context.terminal.out(line);
        return "done";
      }),
    );
  audit
    .command("head")
    .description("print the newest entry's number and hash")
    .option(...data)
    .option("--json", "print JSON (it always is)")
    .action(
      action(context, async (options: AuditOptions) => {
        let head: KeptHead = { seq: 0, hash: "0".repeat(64) };
        for (const line of await recordIn(context, options)) {
          const entry = JSON.parse(line) as Partial<KeptHead>;
          if (typeof entry.seq === "number" && typeof entry.hash === "string") head = { seq: entry.seq, hash: entry.hash };
        }
        context.terminal.out(JSON.stringify(head));
        return "done";
      }),
    );
}

async function verify(context: Context, file: string | undefined, options: AuditOptions): Promise<Exit> {
  const lines = file === undefined ? await recordIn(context, options) : fileText(context, file).split("\n");
  const report = await (
    await context.root()
  ).verifyAudit(lines, {
    ...(options.head !== undefined && { head: headOf(context, options.head) }),
    ...(options.key !== undefined && { publicKey: fileText(context, options.key) }),
  });
  show(context, options, report, () =>
    report.ok
      ? `sound: ${report.entries} entries, ${report.first} to ${report.last}, ${report.unsigned} not signed yet; trusts ${report.trusts}; head ${report.head}`
      : `${report.finding}: ${report.message}`,
  );
  return report.ok ? "done" : "failed";
}

async function recordIn(context: Context, options: AuditOptions): Promise<Iterable<string>> {
  const folder = dataFolder(context, options.data);
  try {
    return [...(await (await context.root()).exportAudit(folder))];
  } catch (error) {
    throw new CommandFailure("failed", `the record in ${folder} cannot be read: ${messageOf(error)}`);
  }
}

/** The head itself, or the last line of a file of heads. */
function headOf(context: Context, written: string): KeptHead {
  const text = written.trim().startsWith("{") ? written : (fileText(context, written).trim().split("\n").at(-1) ?? "");
  try {
    const { seq, hash } = JSON.parse(text) as Partial<KeptHead>;
    if (typeof seq === "number" && typeof hash === "string") return { seq, hash };
  } catch {
    // Said below, with what it should be.
  }
  throw new CommandFailure("usage", `"${text}" is not a head; it is what plainview audit head printed, {"seq":…,"hash":"…"}`);
}

function fileText(context: Context, file: string): string {
  try {
    return readFileSync(resolve(context.terminal.cwd, file), "utf8");
  } catch {
    throw new CommandFailure("usage", `the file ${file} cannot be read`);
  }
}
