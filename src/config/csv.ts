/** Rows of a CSV text by the names of its first line, each with the line it begins on. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly separator: string;
  readonly rows: readonly { readonly line: number; readonly cells: Readonly<Record<string, string>> }[];
}

/** Rows at most; a longer file is not a list of points. */
const rowsAtMost = 1_000_000;

/** Reads commas or, where the first line has none, semicolons or tabs; quotes as spreadsheets write them. */
export function readCsv(text: string): CsvTable | { readonly line: number; readonly message: string } {
  const plain = text.replace(/^\uFEFF/, "");
  const firstLine = plain.slice(0, plain.search(/\r?\n|$/));
  const separator = [",", ";", "\t"].find((one) => firstLine.includes(one)) ?? ",";
  const broken = plain.indexOf("\uFFFD");
  if (broken >= 0) return { line: plain.slice(0, broken).split("\n").length, message: "is not UTF-8; save the list as CSV UTF-8" };
  const records = split(plain, separator);
  if ("message" in records) return records;
  const [head, ...rest] = records.filter(({ cells }) => cells.some((text) => text.trim() !== ""));
  if (!head) return { line: 1, message: "the file is empty" };
  const columns = head.cells.map((name) => name.trim());
  const tooLong = rest.find(({ cells }) => cells.length > columns.length);
  if (tooLong) return { line: tooLong.line, message: `has ${tooLong.cells.length} cells, and the first line names ${columns.length}` };
  const rows = rest.map(({ line, cells }) => ({
    line,
    cells: Object.fromEntries(columns.map((name, i) => [name, (cells[i] ?? "").trim().replaceAll("\r\n", "\n")])),
  }));
  return { columns, separator, rows };
}

type Records = { line: number; cells: string[] }[];

function split(text: string, separator: string): Records | { line: number; message: string } {
  const records: Records = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let begun = 1;
  const endCell = () => {
    cells.push(cell);
    cell = "";
  };
  const endRecord = () => {
    endCell();
    records.push({ line: begun, cells });
    cells = [];
    begun = line;
  };
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (letter === "\n") line++;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') cell += text[++i]!;
      else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === separator) endCell();
    else if (letter === "\n") endRecord();
    else if (letter !== "\r" || text[i + 1] !== "\n") cell += letter;
    if (records.length > rowsAtMost) return { line, message: `has more than ${rowsAtMost} rows` };
  }
  if (quoted) return { line: begun, message: "a quote is not closed" };
  if (cell !== "" || cells.length > 0) endRecord();
  return records;
}

export function writeCsv(columns: readonly string[], rows: readonly Readonly<Record<string, string>>[]): string {
  const cell = (text: string) => (/[",;\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [columns, ...rows.map((row) => columns.map((name) => row[name] ?? ""))].map((cells) => `${cells.map(cell).join(",")}\n`).join("");
}
