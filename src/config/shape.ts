import { Checkers, isOfType } from "#msgs/schema/check.ts";
import { blank } from "#msgs/schema/fill.ts";
import type { Static, TSchema } from "#msgs/schema/type.ts";
import { nearest } from "./nearest.ts";
import type { Path, Report } from "./problem.ts";
import { expectation, shown } from "./expectation.ts";

/** The part of JSON Schema that configuration uses, as plain data. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  /** What is wanted here in words: "a duration such as 1s". */
  readonly expects?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Shaping {
  readonly report: Report;
  /** Text from `${NAME}` counts as a number or a truth where one is wanted. */
  isReference(owner: object, key: string | number): boolean;
  readonly checkers: Checkers;
}

/** What is returned for a value that has no usable form; its problem has been reported. */
export const unusable: unique symbol = Symbol("unusable");

/**
 * Checks a value against a schema and gives it its final form: defaults filled in, nothing unknown left. Everything wrong
 * with it is reported, not only the first thing. The checker has the last word, so that a keyword this reader does not know
 * still counts.
 */
export function shape<S extends TSchema>(schema: S, value: unknown, path: Path, shaping: Shaping): Static<S> | typeof unusable {
  let problems = 0;
  const counting: Shaping = {
    ...shaping,
    isReference: (owner, key) => shaping.isReference(owner, key),
    report: (at, message, about) => {
      problems++;
      shaping.report(at, message, about);
    },
  };
  const made = settle(schema as unknown as SchemaNode, value, path, counting);
  if (problems > 0) return unusable;
  const [error] = shaping.checkers.of(schema).errors(made);
  if (!error) return made as Static<S>;
  shaping.report([...path, ...error.instancePath.split("/").slice(1)], error.message);
  return unusable;
}

/**
 * As much of a broken value as can be used, so that what depends on it can still be checked: settings that are wrong take
 * the schema's own. Undefined when even that is not possible.
 */
export function salvage<S extends TSchema>(schema: S, value: Readonly<Record<string, unknown>>): Static<S> | undefined {
  const properties = (schema as unknown as SchemaNode).properties ?? {};
  const made = blank(schema) as Record<string, unknown>;
  const checkers = new Checkers();
  for (const [key, inner] of Object.entries(properties)) {
    if (key in value && fitsQuietly(inner, value[key], checkers)) made[key] = value[key];
  }
  return checkers.of(schema).check(made) ? (made as Static<S>) : undefined;
}

function settle(node: SchemaNode, value: unknown, path: Path, shaping: Shaping): unknown {
  if (node.anyOf) return settleUnion(node, node.anyOf, value, path, shaping);
  if (node.allOf) return settleAll(node.allOf, value, path, shaping);
  if (node.const !== undefined || node.enum) return settleChoice(node, value, path, shaping);
  if (node.type === "object" && isOfType(value, "object")) return settleObject(node, value as Record<string, unknown>, path, shaping);
  if (node.type === "array" && Array.isArray(value)) return settleList(node, value, path, shaping);
  if (!shaping.checkers.of(node as TSchema).check(value))
    shaping.report(path, `must be ${expectation(node)}, not ${shown(value)}${unitHint(node, value)}`);
  return value;
}

function settleObject(node: SchemaNode, value: Record<string, unknown>, path: Path, shaping: Shaping): unknown {
  const made: Record<string, unknown> = {};
  const properties = node.properties ?? {};
  for (const [key, item] of Object.entries(value)) {
    const inner = properties[key] ?? patternFor(node, key);
    if (inner === undefined) {
      if (node.additionalProperties === false || (node.additionalProperties === undefined && node.properties)) {
        reportUnknown(key, Object.keys(properties), path, shaping.report);
      } else
        made[key] = typeof node.additionalProperties === "object" ? settle(node.additionalProperties, item, [...path, key], shaping) : item;
    } else if (item !== null && item !== undefined) {
      const wanted = shaping.isReference(value, key) ? fromText(inner, item) : item;
      made[key] = settle(inner, wanted, [...path, key], shaping);
    }
  }
  fillMissing(node, made, value, path, shaping);
  return made;
}

function fillMissing(
  node: SchemaNode,
  made: Record<string, unknown>,
  written: Record<string, unknown>,
  path: Path,
  shaping: Shaping,
): void {
  for (const [key, inner] of Object.entries(node.properties ?? {})) {
    if (key in made) continue;
    if (inner.default !== undefined) made[key] = settle(inner, structuredClone(inner.default), [...path, key], shaping);
    else if (node.required?.includes(key)) {
      if (key in written) shaping.report([...path, key], `is empty; it must be ${expectation(inner)}`, "key");
      else shaping.report([...path, key], `is missing; it must be ${expectation(inner)}`, "key");
    }
  }
}

function patternFor(node: SchemaNode, key: string): SchemaNode | undefined {
  return Object.entries(node.patternProperties ?? {}).find(([pattern]) => new RegExp(pattern).test(key))?.[1];
}

export function reportUnknown(key: string, known: readonly string[], path: Path, report: Report): void {
  const meant = nearest(key, known);
  const hint = meant === undefined ? `known here: ${known.join(", ")}` : `did you mean "${meant}"?`;
  report([...path, key], `is not a known setting; ${hint}`, "key");
}

function settleList(node: SchemaNode, value: readonly unknown[], path: Path, shaping: Shaping): unknown {
  if (value.length < (node.minItems ?? 0) || value.length > (node.maxItems ?? Number.POSITIVE_INFINITY)) {
    shaping.report(path, `must be ${expectation(node)}, not ${value.length} of them`);
  }
  const { items } = node;
  if (!items) return [...value];
  return value.map((item, index) =>
    settle(items, shaping.isReference(value, index) ? fromText(items, item) : item, [...path, index], shaping),
  );
}

function settleChoice(node: SchemaNode, value: unknown, path: Path, shaping: Shaping): unknown {
  const choices = node.enum ?? [node.const];
  if (!choices.includes(value)) reportChoice(choices, value, path, shaping.report);
  return value;
}

function reportChoice(choices: readonly unknown[], value: unknown, path: Path, report: Report): void {
  const meant = typeof value === "string" ? nearest(value, choices.map(String)) : undefined;
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  report(path, `must be ${choices.map(String).join(choices.length > 2 ? ", " : " or ")}, not ${shown(value)}${hint}`);
}

function settleUnion(node: SchemaNode, branches: readonly SchemaNode[], value: unknown, path: Path, shaping: Shaping): unknown {
  const chosen = chooseBranch(branches, value, shaping.checkers);
  if (chosen) return settle(chosen, value, path, shaping);
  if (branches.every((branch) => branch.const !== undefined)) {
    reportChoice(
      branches.map((branch) => branch.const),
      value,
      path,
      shaping.report,
    );
  } else shaping.report(path, `must be ${expectation(node)}, not ${shown(value)}${unitHint(node, value)}`);
  return value;
}

/** The branch a person most likely meant: one that fits, else the one named by a fixed value in it, else the only one of that type. */
function chooseBranch(branches: readonly SchemaNode[], value: unknown, checkers: Checkers): SchemaNode | undefined {
  const fits = branches.find((branch) => fitsQuietly(branch, value, checkers));
  if (fits) return fits;
  if (isOfType(value, "object")) {
    const named = branches.filter((branch) => namesItself(branch, value as Record<string, unknown>));
    if (named.length === 1) return named[0];
  }
  const sameType = branches.filter((branch) => branch.const === undefined && branch.type !== undefined && isOfType(value, branch.type));
  return sameType.length === 1 ? sameType[0] : undefined;
}

function namesItself(branch: SchemaNode, value: Record<string, unknown>): boolean {
  const fixed = Object.entries(branch.properties ?? {}).filter(([, inner]) => inner.const !== undefined);
  return fixed.length > 0 && fixed.every(([key, inner]) => value[key] === inner.const);
}

function fitsQuietly(node: SchemaNode, value: unknown, checkers: Checkers): boolean {
  let fits = true;
  settle(node, value, [], { report: () => (fits = false), isReference: () => false, checkers });
  return fits;
}

function settleAll(parts: readonly SchemaNode[], value: unknown, path: Path, shaping: Shaping): unknown {
  const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {})) as Record<string, SchemaNode>;
  return settle({ type: "object", properties, required: parts.flatMap((part) => part.required ?? []) }, value, path, shaping);
}

/** The environment knows only text; where the schema wants a number or a truth, text that is one will do. */
function fromText(node: SchemaNode, value: unknown): unknown {
  if (typeof value !== "string") return value;
  const types = node.anyOf ? node.anyOf.map((branch) => branch.type) : [node.type];
  if (types.includes("string")) return value;
  if ((types.includes("number") || types.includes("integer")) && value.trim() !== "" && Number.isFinite(Number(value)))
    return Number(value);
  if (types.includes("boolean") && /^(true|false)$/.test(value)) return value === "true";
  return value;
}

function unitHint(node: SchemaNode, value: unknown): string {
  if (typeof value !== "number" || !node.expects?.startsWith("a duration")) return "";
  return `; a bare number has no unit, did you mean ${value}s or ${value}ms?`;
}
