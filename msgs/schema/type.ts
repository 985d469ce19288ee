import type { Type as Library } from "typebox";

export type { Static, TObject, TProperties, TSchema, TString, TStringOptions } from "typebox";

/**
 * The builders of schemas. What they make is plain JSON Schema, the same JSON that typebox makes of the same calls; their
 * types are typebox's own, so that `Static` reads them. Only the library's code is not loaded (README.md says why).
 */
export const Type = {
  Unknown: (options?: Node) => ({ ...options }),
  Null: (options?: Node) => ({ type: "null", ...options }),
  Boolean: (options?: Node) => ({ type: "boolean", ...options }),
  Integer: (options?: Node) => ({ type: "integer", ...options }),
  Number: (options?: Node) => ({ type: "number", ...options }),
  String: (options?: Node) => ({ type: "string", ...options }),
  Literal: literal,
  Enum: enumeration,
  Array: (items: Node, options?: Node) => ({ type: "array", items, ...options }),
  Object: group,
  Record: record,
  Union: (anyOf: readonly Node[], options?: Node) => ({ anyOf, ...options }),
  Intersect: (allOf: readonly Node[], options?: Node) => ({ allOf, ...options }),
  Optional: optional,
  Unsafe: copyOf,
  Partial: (node: Node, options?: Node) => ({ ...group(mapped(propertiesOf(node, "Partial"), optional)), ...options }),
  Omit: omit,
} as unknown as Builders;

type Builders = Pick<
  typeof Library,
  | "Array"
  | "Boolean"
  | "Enum"
  | "Integer"
  | "Intersect"
  | "Literal"
  | "Null"
  | "Number"
  | "Object"
  | "Omit"
  | "Optional"
  | "Partial"
  | "Record"
  | "String"
  | "Union"
  | "Unknown"
  | "Unsafe"
>;

type Node = Readonly<Record<string, unknown>>;

/** Says of a node that its group may go without it. Hidden, because it is no part of JSON Schema: it becomes `required` there. */
const mark = "~optional";

function optional(node: Node): Node {
  return Object.defineProperty(copyOf(node), mark, { value: true, enumerable: false, configurable: true, writable: true });
}

/** Nodes are shared between schemas, so none is ever changed. */
function copyOf(node: Node): Node {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(node));
}

function group(properties: Readonly<Record<string, Node>>, options?: Node): Node {
  const required = Object.keys(properties).filter((key) => !Object.hasOwn(properties[key]!, mark));
  return { type: "object", ...(required.length > 0 && { required }), properties, ...options };
}

function literal(value: unknown, options?: Node): Node {
  if (!["string", "number", "boolean"].includes(typeof value)) throw unbuildable("Literal", "takes a text, a number or a truth");
  return { type: typeof value, const: value, ...options };
}

function enumeration(values: unknown, options?: Node): Node {
  if (!Array.isArray(values)) throw unbuildable("Enum", "takes a list");
  return { enum: values, ...options };
}

/** A group with any keys that match the pattern of `key`. */
function record(key: Node, value: Node, options?: Node): Node {
  const { type, pattern = "^.*$" } = key;
  if (type !== "string" || typeof pattern !== "string") throw unbuildable("Record", "takes keys that are String");
  return { type: "object", patternProperties: { [pattern]: value }, ...options };
}

function omit(node: Node, keys: unknown, options?: Node): Node {
  if (!Array.isArray(keys)) throw unbuildable("Omit", "takes a list of keys");
  const left = Object.entries(propertiesOf(node, "Omit")).filter(([key]) => !keys.includes(key));
  return { ...group(Object.fromEntries(left)), ...options };
}

function propertiesOf(node: Node, builder: string): Readonly<Record<string, Node>> {
  const { properties } = node;
  if (typeof properties !== "object" || properties === null) throw unbuildable(builder, "takes an Object");
  return properties as Readonly<Record<string, Node>>;
}

function mapped(properties: Readonly<Record<string, Node>>, made: (node: Node) => Node): Readonly<Record<string, Node>> {
  return Object.fromEntries(Object.entries(properties).map(([key, node]) => [key, made(node)]));
}

function unbuildable(builder: string, takes: string): Error {
  return new Error(`broken assumption: Type.${builder} ${takes}; typebox knows more, this builder does not`);
}
