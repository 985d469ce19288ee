import type { TSchema } from "#msgs/schema/type.ts";

/** A README table of the options a schema declares: the schema is the only place where they are written down. */
export function optionsTable(schema: TSchema): string {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, Described>; required?: readonly string[] };
  const rows = Object.entries(properties).map(([name, option]) => [
    `\`${name}\``,
    typeOf(option),
    required.includes(name) ? "required" : option.default === undefined ? "" : `\`${JSON.stringify(option.default)}\``,
    option.description ?? "",
  ]);
  const all = [["option", "type", "default", "what it does"], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(3, ...all.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(all[0]!), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Puts the table between the two markers of its name; undefined when the text has no such markers. */
export function withTable(text: string, name: string, table: string): string | undefined {
  const begin = `<!-- options: ${name} -->`;
  const end = `<!-- /options: ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) return undefined;
  return `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
}

interface Described {
  readonly type?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly enum?: readonly unknown[];
  readonly items?: Described;
}

function typeOf(option: Described): string {
  const words = option.enum ?? option.anyOf?.map((part) => part.const);
  if (words) return words.map((word) => `\`${JSON.stringify(word)}\``).join(", ");
  if (option.type === "array") return `list of ${typeOf(option.items ?? {})}`;
  const range = option.minimum === undefined ? "" : ` ${option.minimum}…${option.maximum ?? ""}`;
  return `${option.type ?? "any"}${range}`;
}
