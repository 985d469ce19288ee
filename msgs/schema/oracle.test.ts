import fc from "fast-check";
import { Type as LibraryType, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import { expect, it } from "vitest";
import { compile } from "./check.ts";
import { filled } from "./fill.ts";
import { anySample, type Sample } from "./testing/random-schema.ts";
import { Type } from "./type.ts";

/** The library we do not load says whether what we load is right. A failure prints its seed; `PLAINVIEW_SOAK=1` looks longer. */
const numRuns = process.env["PLAINVIEW_SOAK"] === "1" ? 15_000 : 600;

function bothOf(sample: Sample): { ours: TSchema; theirs: TSchema } {
  return { ours: sample.make(Type), theirs: sample.make(LibraryType) };
}

const sampleAndValues = anySample().chain((sample) =>
  fc.tuple(fc.constant(sample), fc.array(sample.near, { minLength: 1, maxLength: 12 })),
);

it("our builders make the very JSON that typebox makes", () => {
  fc.assert(
    fc.property(anySample(), (sample) => {
      const { ours, theirs } = bothOf(sample);
      expect(JSON.stringify(ours)).toBe(JSON.stringify(theirs));
    }),
    { numRuns },
  );
});

it("our checker takes and refuses what typebox takes and refuses, and says the same of it", () => {
  fc.assert(
    fc.property(sampleAndValues, ([sample, values]) => {
      const { ours, theirs } = bothOf(sample);
      const [own, library] = [compile(ours), Compile(theirs)];
      for (const value of values) {
        expect(own.check(value)).toBe(library.Check(value));
        expect(own.check(value)).toBe(Value.Check(theirs, value));
        const wanted = Value.Errors(theirs, value).map(({ schemaPath: _, ...told }) => told);
        expect(own.errors(value)).toEqual(wanted);
      }
    }),
    { numRuns },
  );
});

it("our defaults are typebox's", () => {
  fc.assert(
    fc.property(sampleAndValues, ([sample, values]) => {
      const { ours, theirs } = bothOf(sample);
      // Of records and of several schemas in one typebox fills only some, and it takes what every object inherits for given;
      // fill.test.ts says what we do.
      fc.pre(!/"(allOf|patternProperties|constructor|__proto__)"/.test(JSON.stringify(ours)));
      for (const value of values) {
        if (!isForBoth(value) || !Value.Check(theirs, value)) continue;
        expect(filled(ours, value)).toEqual(Value.Default(theirs, Value.Clone(value)));
      }
    }),
    { numRuns },
  );
});

/** Plain data. Typebox drops keys of the prototype when it copies a value; we keep what was written. */
function isForBoth(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.entries(value).every(([key, inner]) => !["__proto__", "constructor", "prototype"].includes(key) && isForBoth(inner));
}
