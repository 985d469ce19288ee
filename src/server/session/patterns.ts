/** Whether a point id is meant by a pattern: `*` stands for one word between slashes, `**` for any number of them, also none. */
export type Matcher = (point: string) => boolean;

export function matcher(patterns: readonly string[]): Matcher {
  const plain = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const wild = patterns.filter((pattern) => pattern.includes("*")).map((pattern) => pattern.split("/"));
  if (wild.some((words) => words.length === 1 && words[0] === "**")) return () => true;
  return (point) => {
    if (plain.has(point)) return true;
    if (wild.length === 0) return false;
    const words = point.split("/");
    return wild.some((pattern) => matches(pattern, words));
  };
}

/**
 * Remembers only the last `**` and where it was tried from, so that a pattern with many of them costs words times words and
 * not an explosion.
 */
function matches(pattern: readonly string[], words: readonly string[]): boolean {
  let at = 0;
  let word = 0;
  let star = -1;
  let retry = 0;
  while (word < words.length) {
    const part = pattern[at];
    if (part === "**") {
      star = at++;
      retry = word;
    } else if (part !== undefined && wordMatches(part, words[word] ?? "")) {
      at++;
      word++;
    } else if (star >= 0) {
      at = star + 1;
      word = ++retry;
    } else return false;
  }
  while (pattern[at] === "**") at++;
  return at === pattern.length;
}

/** Inside a word `*` stands for any letters: `v-*`. */
function wordMatches(part: string, word: string): boolean {
  if (part === "*") return word !== "";
  if (!part.includes("*")) return part === word;
  const pieces = part.split("*");
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (!word.startsWith(first) || !word.endsWith(last) || word.length < first.length + last.length) return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = word.indexOf(piece, from);
    if (found < 0 || found + piece.length > word.length - last.length) return false;
    from = found + piece.length;
  }
  return true;
}
