/** Whether a point id fits: `*` stands for letters of one word, `**` for any number of words; a plain word is the start of an id. */
export function fits(pattern: string, id: string): boolean {
  if (!pattern.includes("*")) return id === pattern || id.startsWith(`${pattern}/`);
  return expression(pattern).test(id);
}

function expression(pattern: string): RegExp {
  const source = pattern
    .split(/(\/\*\*$|\*\*\/?|\*)/)
    .map((part) => (part === "/**" ? "(/.*)?" : part === "**/" ? "(.*/)?" : part === "**" ? ".*" : part === "*" ? "[^/]*" : escaped(part)))
    .join("");
  return new RegExp(`^${source}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
