import { compile, type Checker, type Finding } from "#msgs/schema/check.ts";
import type { TSchema } from "#msgs/schema/type.ts";

/** What a person reads of a failed check: "/priority must be <= 16". At most eight. */
export function problemsOf(errors: readonly Finding[]): string[] {
  const told = new Set<string>();
  for (const error of errors) {
    // An unknown property is reported twice, once as a false schema that explains nothing.
    if (error.keyword === "boolean") continue;
    told.add(`${error.instancePath === "" ? "the whole" : error.instancePath} ${error.message}${namesIn(error.params)}`);
    if (told.size === 8) break;
  }
  return [...told];
}

function namesIn(params: object): string {
  const listed = Object.values(params).find((value): value is unknown[] => Array.isArray(value) && value.length > 0);
  return listed ? `: ${listed.slice(0, 20).map(String).join(", ")}` : "";
}

/**
 * Fastify's validation with the schemas as they are declared, for bodies, queries and parameters. A body that may be one of
 * several frames is checked against the one its `type` names, so that the message is about that one.
 */
export function checkerFor(schema: TSchema): (value: unknown) => { value: unknown } | { error: Error } {
  const variants = variantsOf(schema);
  const whole = compile(schema);
  return (value) => {
    const chosen = variants ? (variants.get(typeOf(value)) ?? whole) : whole;
    if (chosen.check(value)) return { value };
    const problems = problemsOf(chosen.errors(value));
    return { error: new CheckError(problems) };
  };
}

/** The input has not the declared shape. */
export class CheckError extends Error {
  readonly details: readonly string[];
  readonly statusCode = 400;
  constructor(details: readonly string[]) {
    super(details[0] ?? "not of the declared shape");
    this.name = "CheckError";
    this.details = details;
  }
}

function variantsOf(schema: TSchema): Map<string, Checker> | undefined {
  const { anyOf } = schema as { anyOf?: readonly TSchema[] };
  if (!anyOf || anyOf.length < 2 || !anyOf.every((variant) => titleOf(variant) !== undefined)) return undefined;
  return new Map(anyOf.map((variant) => [titleOf(variant) ?? "", compile(variant)]));
}

function titleOf(schema: TSchema): string | undefined {
  return (schema as { title?: string }).title;
}

function typeOf(value: unknown): string {
  const type = typeof value === "object" && value !== null ? (value as { type?: unknown }).type : undefined;
  return typeof type === "string" ? type : "point.write";
}
