import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import type { Problem } from "#src/contract/adapter.ts";

/** What a schema finds wrong, as problems with paths below `at`. */
export function schemaProblems(schema: TSchema, value: unknown, at: Problem["path"]): readonly Problem[] {
  if (Value.Check(schema, value)) return [];
  return [...Value.Errors(schema, value)].slice(0, 50).map((error) => ({
    path: [...at, ...stepsOf(error.instancePath)],
    message: `${error.message}${detail(error.params)}`,
  }));
}

/** The value with every default of the schema filled in; the value handed in is not touched. */
export function withDefaults<T>(schema: TSchema, value: unknown): T {
  return Value.Default(schema, Value.Clone(value)) as T;
}

function stepsOf(pointer: string): (string | number)[] {
  const steps = pointer.split("/").slice(1);
  return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~")));
}

function detail(params: unknown): string {
  if (typeof params !== "object" || params === null) return "";
  const named = Object.entries(params).filter(([name]) => name !== "type");
  return named.length === 0 ? "" : ` (${named.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ")})`;
}
