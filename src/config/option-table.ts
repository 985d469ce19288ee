import type { TSchema } from "#msgs/schema/type.ts";
import { expectation } from "./expectation.ts";
import type { SchemaNode } from "./shape.ts";

/** A README table of everything a schema declares, inner settings with their path. The schema is the only place they are written. */
export function optionTable(schema: TSchema, prefix = ""): string {
  const rows = rowsOf(schema as unknown as SchemaNode, prefix);
  const lines = rows.map(({ name, wanted, fallback, description }) => `| \`${name}\` | ${wanted} | ${fallback} | ${description} |`);
  return ["| setting | what to write | default | what it does |", "|---|---|---|---|", ...lines].join("\n");
}

interface Row {
  readonly name: string;
  readonly wanted: string;
  readonly fallback: string;
  readonly description: string;
}

function rowsOf(node: SchemaNode, prefix: string): readonly Row[] {
  const group = node.type === "array" && node.items?.properties ? node.items : node;
  return Object.entries(group.properties ?? {}).flatMap(([key, inner]) => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    const isRequired = group.required?.includes(key) === true && inner.default === undefined;
    const inside = inner.properties ? inner : inner.items?.properties ? inner.items : undefined;
    const row: Row = {
      name,
      wanted: escaped(inside ? (inner.type === "array" ? "a list of groups" : "a group") : expectation(inner)),
      fallback: isRequired ? "required" : inside || inner.default === undefined ? "" : `\`${JSON.stringify(inner.default)}\``,
      description: escaped(inner.description ?? ""),
    };
    return [row, ...(inside ? rowsOf(inside, inner.type === "array" ? `${name}[]` : name) : [])];
  });
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}
