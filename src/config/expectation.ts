import type { SchemaNode } from "./shape.ts";

/** What a schema wants, in words that fit after "must be". */
export function expectation(node: SchemaNode): string {
  if (node.expects !== undefined) return node.expects;
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return choice(node.enum.map(String));
  if (node.anyOf) return choice([...new Set(node.anyOf.map(expectation))]);
  if (node.type === "number" || node.type === "integer") return `a ${node.type === "integer" ? "whole number" : "number"}${bounds(node)}`;
  if (node.type === "boolean") return "true or false";
  if (node.type === "array") return listText(node);
  if (node.type === "string") return textText(node);
  return "a group of settings";
}

function choice(words: readonly string[]): string {
  if (words.length < 3) return words.join(" or ");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function bounds(node: SchemaNode): string {
  const low = node.minimum ?? node.exclusiveMinimum;
  const high = node.maximum ?? node.exclusiveMaximum;
  const above = node.exclusiveMinimum !== undefined ? "above" : "of at least";
  const below = node.exclusiveMaximum !== undefined ? "below" : "of at most";
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  if (low !== undefined) return ` ${above} ${low}`;
  return high === undefined ? "" : ` ${below} ${high}`;
}

function listText(node: SchemaNode): string {
  if (node.minItems !== undefined && node.maxItems !== undefined) return `a list of ${node.minItems} to ${node.maxItems}`;
  if (node.minItems !== undefined) return `a list of at least ${node.minItems}`;
  return node.maxItems === undefined ? "a list" : `a list of at most ${node.maxItems}`;
}

function textText(node: SchemaNode): string {
  if (node.pattern !== undefined) return `text like ${node.pattern}`;
  if (node.minLength === 1) return "text that is not empty";
  return node.maxLength === undefined ? "text" : `text of at most ${node.maxLength} characters`;
}

/** A value in a message: short, quoted when it is text, never a whole tree. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of settings";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
