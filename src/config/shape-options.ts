import { Checkers } from "#msgs/schema/check.ts";
import type { TSchema } from "#msgs/schema/type.ts";
import { shape, unusable } from "./shape.ts";

/** Options that somebody typed elsewhere than in a site file, with defaults filled in, or everything that is wrong with them. */
export function shapeOptions(schema: TSchema, written: unknown): { readonly options: unknown } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const report = (path: readonly (string | number)[], message: string) => void problems.push(`${path.join(".")} ${message}`);
  const options = shape(schema, written, [], { report, isReference: () => false, checkers: new Checkers() });
  return options === unusable ? { problems } : { options };
}
