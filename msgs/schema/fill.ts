import type { TSchema } from "./type.ts";
import { compile } from "./check.ts";
import { countOf, isGroup, regular } from "./plain.ts";
import type { Node } from "./demand.ts";

/** The value with every default of the schema filled in where nothing was given. The value handed in is not touched. */
export function filled(schema: TSchema, value: unknown): unknown {
  return fill(schema as Node, value);
}

function fill(node: Node, written: unknown): unknown {
  const value = written === undefined && node["default"] !== undefined ? structuredClone(node["default"]) : written;
  const { anyOf, allOf, items } = node;
  if (Array.isArray(allOf)) return allOf.reduce<unknown>((made, part) => fill(part as Node, made), value);
  if (Array.isArray(anyOf)) return fillUnion(anyOf as readonly Node[], value);
  if (Array.isArray(value)) return isGroup(items) ? value.map((item) => fill(items, item)) : value;
  return isGroup(value) ? fillGroup(node, value) : value;
}

/** As the first of them that is then satisfied; as it was when none is. */
function fillUnion(branches: readonly Node[], value: unknown): unknown {
  for (const branch of branches) {
    const made = fill(branch, value);
    if (compile(branch as unknown as TSchema).check(made)) return made;
  }
  return value;
}

function fillGroup(node: Node, value: Readonly<Record<string, unknown>>): unknown {
  const properties = innerOf(node, "properties");
  const patterns = Object.entries(innerOf(node, "patternProperties"));
  const { additionalProperties: others } = node;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    const inner = Object.hasOwn(properties, key) ? properties[key] : patterns.find(([pattern]) => regular(pattern).test(key))?.[1];
    const wanted = inner ?? (isGroup(others) ? others : undefined);
    return [key, wanted ? fill(wanted, item) : item];
  });
  for (const [key, inner] of Object.entries(properties)) {
    if (Object.hasOwn(value, key)) continue;
    const made = fill(inner, undefined);
    if (made !== undefined) entries.push([key, made]);
  }
  // Made of entries, so that a key `__proto__` stays a key.
  return Object.fromEntries(entries);
}

/** The least value that has the shape: what must be there, as its default or as empty as may be. Undefined when nobody could guess one. */
export function blank(schema: TSchema): unknown {
  return blankOf(schema as Node);
}

function blankOf(node: Node): unknown {
  if (node["default"] !== undefined) return structuredClone(node["default"]);
  if (node["const"] !== undefined) return node["const"];
  const { enum: values, anyOf, allOf } = node;
  if (Array.isArray(values)) return values[0];
  if (Array.isArray(anyOf)) return blankOf(anyOf[0] as Node);
  if (Array.isArray(allOf)) return Object.assign({}, ...allOf.map((part) => blankOf(part as Node))) as unknown;
  switch (node["type"]) {
    case "object": {
      const properties = innerOf(node, "properties");
      return Object.fromEntries(((node["required"] ?? []) as readonly string[]).map((key) => [key, blankOf(properties[key] ?? {})]));
    }
    case "array":
      return Array.from({ length: countOf(node, "minItems") ?? 0 }, () => blankOf((node["items"] ?? {}) as Node));
    case "string":
      return node["pattern"] === undefined ? " ".repeat(countOf(node, "minLength") ?? 0) : undefined;
    case "number":
    case "integer":
      return typeof node["exclusiveMinimum"] === "number" ? node["exclusiveMinimum"] + 1 : (node["minimum"] ?? 0);
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return undefined;
  }
}

function innerOf(node: Node, keyword: string): Readonly<Record<string, Node>> {
  return (node[keyword] ?? {}) as Readonly<Record<string, Node>>;
}
