import { describe, expect, it } from "vitest";
import { isTest, sourceFiles, textOf } from "./tree.ts";

/**
 * Libraries whose types we use, or that other libraries bring along, and whose code would cost the gateway memory for nothing:
 * typebox alone is 683 modules. msgs/schema does their work; typebox itself is the oracle in its tests.
 */
const forTypesOnly = ["typebox", "@fastify/type-provider-typebox", "ajv", "fast-json-stringify"];

/** What a file loads when it runs. `import { type A }` counts: type stripping leaves the import of nothing behind. */
function loaded(text: string): readonly string[] {
  const written = text.matchAll(/^[ \t]*(?:import|export)\s(?!type\b)[^;"']*["']([^"']+)["']|(?<!typeof )\bimport\(\s*["']([^"']+)["']/gm);
  return [...written].map(([, fixed, late]) => fixed ?? late!);
}

function isForTypesOnly(target: string): boolean {
  return forTypesOnly.some((library) => target === library || target.startsWith(`${library}/`));
}

describe("libraries that are there for their types", () => {
  it("are loaded by tests alone", () => {
    const wrong = sourceFiles()
      .filter((file) => !isTest(file))
      .flatMap((file) => loaded(textOf(file)).filter(isForTypesOnly).map((target) => `${file} loads ${target}`)); // prettier-ignore
    expect(wrong).toEqual([]);
  });

  it("would be found however they are imported", () => {
    expect(loaded('import { Type } from "typebox";\nimport {\n  type Static,\n} from "typebox/value";')).toEqual([
      "typebox",
      "typebox/value",
    ]);
    expect(loaded('export { Type } from "typebox";\nimport "typebox";\nconst { Value } = await import("typebox/value");')).toHaveLength(3);
    expect(
      loaded('import type { Static } from "typebox";\nexport type { TSchema } from "typebox";\ntype A = typeof import("typebox");'),
    ).toEqual([]);
  });
});
