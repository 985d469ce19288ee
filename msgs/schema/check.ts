import type { TSchema } from "./type.ts";
import { allOfDemand, anyOfDemand } from "./combined.ts";
import { groupDemand } from "./group.ts";
import { listDemand } from "./list.ts";
import { isGroup, plainDemands } from "./plain.ts";
import { allOfThem, Findings, plainDemand, unreadable, type Finding, type Node, type Demand } from "./demand.ts";

export { isOfType } from "./plain.ts";
export type { Finding } from "./demand.ts";

/** A schema made ready to hold values against it. */
export interface Checker {
  check(value: unknown): boolean;
  /** What is wrong, at most eight of it and in the order of the schema; nothing when the value fits. */
  errors(value: unknown): readonly Finding[];
}

/** Reads a schema once. A keyword that is not known here throws: a demand that nobody holds must not look as if it were held. */
export function compile(schema: TSchema): Checker {
  const demand = demandOf(schema);
  return {
    check: demand.fits,
    errors: (value) => {
      if (demand.fits(value)) return [];
      const told = new Findings();
      demand.explain(value, "", told);
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

const keywords = [
  ...["type", "required", "additionalProperties", "patternProperties", "properties", "items", "minItems", "maxItems"],
  ...["minLength", "maxLength", "pattern", "exclusiveMinimum", "exclusiveMaximum", "minimum", "maximum", "const", "enum", "allOf", "anyOf"],
];
/** What people and programs read of a schema, and what decides nothing. */
const remarks = ["title", "description", "default", "expects"];
const known: ReadonlySet<string> = new Set([...keywords, ...remarks]);

function demandOf(schema: unknown): Demand {
  if (typeof schema === "boolean") return plainDemand("boolean", {}, "schema is false", () => schema);
  if (!isGroup(schema)) throw new Error("broken assumption: a schema is a group of keywords, true or false");
  const node: Node = schema;
  for (const keyword of Object.keys(node))
    if (!known.has(keyword)) throw unreadable(keyword, `one of ${[...known].join(", ")}; nothing here can hold a value against it`);
  const { type, text, number, choice } = plainDemands(node);
  return allOfThem(
    [
      type,
      groupDemand(node, demandOf),
      listDemand(node, demandOf),
      ...text,
      ...number,
      ...choice,
      allOfDemand(node, demandOf),
      anyOfDemand(node, demandOf),
    ].filter((demand) => demand !== undefined),
  );
}
