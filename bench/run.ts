// npm run bench [name…]: runs the benches, prints the table, and renews the one in README.md when all of them ran.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import type { BenchRow } from "./row.ts";

const here = new URL("./", import.meta.url);
const asked = process.argv.slice(2);
const notBenches = new Set(["run.ts", "row.ts"]);
const names = readdirSync(here)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !notBenches.has(file))
  .map((file) => file.slice(0, -3))
  .filter((name) => asked.length === 0 || asked.includes(name));

const lines: string[] = [];
for (const name of names) {
  console.log(`bench: ${name}`);
  try {
    const bench = (await import(new URL(`${name}.ts`, here).href)) as { rows?: () => Promise<readonly BenchRow[]> };
    if (!bench.rows) continue;
    for (const row of await bench.rows()) {
      lines.push(lineOf(row));
      console.log(lines.at(-1));
    }
  } catch (error) {
    console.error(`bench ${name} did not run: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
if (asked.length === 0 && lines.length > 0) renew();
process.exit();

function lineOf({ what, ours, peer, ratio, bar }: BenchRow): string {
  return `| ${what} | ${ours} | ${peer} | ${ratio === undefined ? "" : ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)} | ${bar ?? ""} |`;
}

function renew(): void {
  const readme = new URL("README.md", here);
  const text = readFileSync(readme, "utf8");
  const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
  const table = [
    "",
    `Last run: ${machine}.`,
    "",
    "| what | ours | beside it, same run | ratio | bar |",
    "|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
  writeFileSync(readme, text.replace(/(<!-- begin table -->)[\s\S]*(<!-- end table -->)/, `$1\n${table}\n$2`));
}
