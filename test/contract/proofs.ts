import { readFileSync, writeFileSync, existsSync } from "node:fs";
import { expect, it } from "vitest";
import type { AdapterContract } from "./harness.ts";

export const columns = [
  "offline check",
  "connect",
  "lost",
  "values",
  "time-outs",
  "abort",
  "garbage",
  "dead device",
  "acts",
  "subscribe",
  "browse",
  "closing",
] as const;
/** What the scoreboard has a column for; a contract test proves a part of one. */
export type Column = (typeof columns)[number];
export const besideColumns = ["independent peers", "fuzz"] as const;

/** Declares one contract test and counts it for its column of the scoreboard. */
export type Prove = (column: Column, says: string, test: () => Promise<void>) => void;

const readme = "adapters/README.md";
const begin = "<!-- scoreboard: written by the contract tests, PLAINVIEW_WRITE=1 -->";
const end = "<!-- /scoreboard -->";

/** Counts what is declared and what held; the row compares both with the scoreboard in adapters/README.md. */
export function proofs(): { prove: Prove; row(contract: AdapterContract): void } {
  const declared = new Map<Column, number>();
  const held = new Map<Column, number>();
  const countUp = (map: Map<Column, number>, column: Column) => map.set(column, (map.get(column) ?? 0) + 1);
  return {
    prove(column, says, test) {
      countUp(declared, column);
      it(says, async () => {
        await test();
        countUp(held, column);
      });
    },
    row(contract) {
      const { protocol } = contract.module;
      it("its row on the scoreboard says what was proved", () => {
        const cells = columns.map((column) => cell(declared.get(column) ?? 0, held.get(column) ?? 0));
        const besides = besideColumns.map((column) => besideCell(contract.besides?.[column]));
        const row = `| ${[protocol, ...cells, ...besides].join(" | ")} |`;
        expect(row, "some of what is declared did not hold").not.toMatch(/ of /);
        if (process.env["PLAINVIEW_WRITE"] === "1") writeRow(protocol, row);
        expect(rowsIn(readFileSync(readme, "utf8")).get(protocol), `run with PLAINVIEW_WRITE=1 to write it`).toBe(row);
      });
    },
  };
}

function cell(declared: number, held: number): string {
  if (declared === 0) return "–";
  return held === declared ? String(held) : `${held} of ${declared}`;
}

function besideCell(beside: { says: string; file: string } | undefined): string {
  if (!beside) return "";
  expect(existsSync(beside.file), `${beside.file} should be there to prove "${beside.says}"`).toBe(true);
  return `[${beside.says}](${beside.file.replace(/^adapters\//, "")})`;
}

function rowsIn(text: string): Map<string, string> {
  const rows = new Map<string, string>();
  for (const line of between(text).split("\n")) {
    const cells = cellsOf(line);
    if (cells[0] && cells[0] !== "protocol" && !cells[0].startsWith("--")) rows.set(cells[0], `| ${cells.join(" | ")} |`);
  }
  return rows;
}

function writeRow(protocol: string, row: string): void {
  const text = readFileSync(readme, "utf8");
  const rows = rowsIn(text).set(protocol, row);
  const head = ["protocol", ...columns, ...besideColumns];
  const body = [...rows.values()].sort().map(cellsOf);
  const widths = head.map((title, index) => Math.max(...[head, ...body].map((cells) => cells[index]?.length ?? 0), title.length));
  const line = (cells: readonly string[]) => `| ${widths.map((width, index) => (cells[index] ?? "").padEnd(width)).join(" | ")} |`;
  const table = [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)];
  writeFileSync(readme, text.replace(between(text), `\n\n${table.join("\n")}\n\n`));
}

function cellsOf(line: string): string[] {
  return line.startsWith("|")
    ? line
        .split("|")
        .slice(1, -1)
        .map((part) => part.trim())
    : [];
}

function between(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  expect(from >= 0 && to > from, `${readme} has its scoreboard markers`).toBe(true);
  return text.slice(from + begin.length, to);
}
