export type Path = readonly (string | number)[];

/** One thing that is wrong with a site file, where it is, and what to do about it. Lines and columns count from one. */
export interface SiteProblem {
  readonly line: number;
  readonly column: number;
  /** Which setting: `adapters[plant].devices[tank-1].points[level].range`. */
  readonly where: string;
  readonly message: string;
}

/** How parts of the loader say what is wrong: about the key itself (misspelt) or about its value. */
export type Report = (path: Path, message: string, about?: "key" | "value") => void;

/** One line a terminal can make clickable. */
export function formatProblem(file: string, problem: SiteProblem): string {
  const where = problem.where === "" ? "" : `${problem.where}: `;
  return `${file}:${problem.line}:${problem.column}  ${where}${problem.message}`;
}

/**
 * In the order of the file. What a template says wrong is said once, with the number of units made from it, not two
 * hundred times.
 */
export function arrange(problems: readonly SiteProblem[]): readonly SiteProblem[] {
  const seen = new Map<string, { first: SiteProblem; more: number }>();
  for (const problem of problems) {
    const key = `${problem.line}:${problem.column}:${problem.message.replaceAll(/"[^"]*"|\d+/g, "…")}`;
    const known = seen.get(key);
    if (known) known.more += known.first.message === problem.message && known.first.where === problem.where ? 0 : 1;
    else seen.set(key, { first: problem, more: 0 });
  }
  return [...seen.values()]
    .map(({ first, more }) => (more === 0 ? first : { ...first, message: `${first.message} (and ${more} more from this line)` }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}
