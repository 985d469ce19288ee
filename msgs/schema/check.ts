import type { TSchema } from "./type.ts";
import { allOfRule, anyOfRule } from "./combined.ts";
import { groupRule } from "./group.ts";
import { listRule } from "./list.ts";
import { isGroup, plainRules } from "./plain.ts";
import { allOfThem, Findings, plainRule, unreadable, type Finding, type Node, type Rule } from "./rule.ts";

export { isOfType } from "./plain.ts";
export type { Finding } from "./rule.ts";

/** A schema made ready to hold values against it. */
export interface Checker {
  check(value: unknown): boolean;
  /** What is wrong, at most eight of it and in the order of the schema; nothing when the value fits. */
  errors(value: unknown): readonly Finding[];
}

/** Reads a schema once. A keyword that is not known here throws: a rule that nobody holds must not look as if it were held. */
export function compile(schema: TSchema): Checker {
  const rule = ruleOf(schema);
  return {
    check: rule.fits,
    errors: (value) => {
      if (rule.fits(value)) return [];
      const told = new Findings();
      rule.explain(value, "", told);
      return told.list;
    },
  };
}

/** Checkers of schemas that are met again and again; each is made once and lives as long as this. */
export class Checkers {
  readonly #made = new Map<object, Checker>();

  of(schema: TSchema): Checker {
    const made = this.#made.get(schema) ?? compile(schema);
    this.#made.set(schema, made);
    return made;
  }
}

const rules = [
  ...["type", "required", "additionalProperties", "patternProperties", "properties", "items", "minItems", "maxItems"],
  ...["minLength", "maxLength", "pattern", "exclusiveMinimum", "exclusiveMaximum", "minimum", "maximum", "const", "enum", "allOf", "anyOf"],
];
/** What people and programs read of a schema, and what decides nothing. */
const remarks = ["title", "description", "default", "expects"];
const known: ReadonlySet<string> = new Set([...rules, ...remarks]);

function ruleOf(schema: unknown): Rule {
  if (typeof schema === "boolean") return plainRule("boolean", {}, "schema is false", () => schema);
  if (!isGroup(schema)) throw new Error("broken assumption: a schema is a group of keywords, true or false");
  const node: Node = schema;
  for (const keyword of Object.keys(node))
    if (!known.has(keyword)) throw unreadable(keyword, `one of ${[...known].join(", ")}; nothing here can hold a value against it`);
  const { type, text, number, choice } = plainRules(node);
  return allOfThem(
    [
      type,
      groupRule(node, ruleOf),
      listRule(node, ruleOf),
      ...text,
      ...number,
      ...choice,
      allOfRule(node, ruleOf),
      anyOfRule(node, ruleOf),
    ].filter((rule) => rule !== undefined),
  );
}
