import { compile } from "#msgs/schema/check.ts";
import { filled } from "#msgs/schema/fill.ts";
import type { TSchema } from "#msgs/schema/type.ts";
import type { Problem } from "#src/contract/adapter.ts";

/** What a schema finds wrong, as problems with paths below `at`. */
export function schemaProblems(schema: TSchema, value: unknown, at: Problem["path"]): readonly Problem[] {
  return compile(schema)
    .errors(value)
    .map((error) => ({
      path: [...at, ...stepsOf(error.instancePath)],
      message: `${error.message}${detail(error.params)}`,
    }));
}

/** The value with every default of the schema filled in; the value handed in is not touched. */
export function withDefaults<T>(schema: TSchema, value: unknown): T {
  return filled(schema, value) as T;
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
