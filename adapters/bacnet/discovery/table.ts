/** Rows of a CSV text: quotes, doubled quotes and line ends inside quotes are understood; the separator is found by looking. */
export function parseTable(text: string, most = 200_000): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0] !== "") rows.push(row);
    [row, cell] = [[], ""];
  };
  for (let i = 0; i < text.length && rows.length < most; i++) {
    const letter = text[i]!;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') cell += text[i++]!;
      else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === separator) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") endRow();
    else if (letter !== "\r") cell += letter;
  }
  if (cell !== "" || row.length > 0) endRow();
  return rows;
}

function separatorOf(text: string): string {
  const head = text.slice(0, 4_000);
  const counts = [";", ",", "\t"].map((candidate) => [head.split(candidate).length, candidate] as const);
  return counts.sort((a, b) => b[0] - a[0])[0]![1];
}
