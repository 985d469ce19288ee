import { readFileSync } from "node:fs";
import fc from "fast-check";
import { Type as LibraryType, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import { expect, it } from "vitest";
import { clientFrames } from "../wire/client-frames.ts";
import { serverFrames } from "../wire/server-frames.ts";
import { compile } from "./check.ts";
import { filled } from "./fill.ts";
import { anySample, hostile, type Sample } from "./testing/random-schema.ts";
import { Type } from "./type.ts";

/** The library we do not load says whether what we load is right. A failure prints its seed; `PLAINVIEW_SOAK=1` looks longer. */
const numRuns = process.env["PLAINVIEW_SOAK"] === "1" ? 15_000 : 500;

const sampleAndValues = anySample().chain((sample) =>
  fc.tuple(fc.constant(sample), fc.array(sample.near, { minLength: 1, maxLength: 12 })),
);

function bothOf(sample: Sample): { ours: TSchema; theirs: TSchema } {
  return { ours: sample.make(Type), theirs: sample.make(LibraryType) };
}

/** Same truth as both of typebox's checkers, and word for word the same reasons. */
function expectSame(ours: TSchema, theirs: TSchema, values: readonly unknown[]): number {
  const [own, library] = [compile(ours), Compile(theirs)];
  for (const value of values) {
    expect(own.check(value)).toBe(library.Check(value));
    expect(own.check(value)).toBe(Value.Check(theirs, value));
    const wanted = Value.Errors(theirs, value).map(({ schemaPath: _, ...told }) => told);
    expect(own.errors(value)).toEqual(wanted);
  }
  return values.filter(own.check).length;
}

it("our builders make the very JSON that typebox makes", () => {
  fc.assert(
    fc.property(anySample(), (sample) => {
      const { ours, theirs } = bothOf(sample);
      expect(JSON.stringify(ours)).toBe(JSON.stringify(theirs));
    }),
    { numRuns: 2 * numRuns },
  );
});

it("our checker takes and refuses what typebox takes and refuses, and says the same of it", () => {
  const met = { all: 0, taken: 0 };
  fc.assert(
    fc.property(sampleAndValues, ([sample, values]) => {
      const { ours, theirs } = bothOf(sample);
      met.all += values.length;
      met.taken += expectSame(ours, theirs, values);
    }),
    { numRuns },
  );
  // Values that all fit, or all do not, would say little.
  expect(met.taken / met.all).toBeGreaterThan(0.15);
  expect(met.taken / met.all).toBeLessThan(0.85);
});

it("of the frames we declare it says what typebox says, right ones, bent ones and hostile ones", () => {
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../wire/fixtures/${name}.json`, import.meta.url), "utf8"));
  const { valid, invalid } = read("client-frames") as { valid: { type: string }[]; invalid: { frame: { type: string } }[] };
  const frames = [...valid, ...invalid.map(({ frame }) => frame), ...(read("server-frames") as { type: string }[])];
  const schemas = { ...serverFrames, ...clientFrames } as Readonly<Record<string, TSchema>>;
  const bent = fc.constantFrom(...frames.filter(({ type }) => schemas[type])).chain((frame) => {
    const key = fc.constantFrom(...Object.keys(frame), "prioirty", "__proto__");
    return fc.tuple(fc.constant(frame), key, hostile).map(([one, at, what]) => ({ frame: one, bent: with_(one, at, what) }));
  });
  fc.assert(
    fc.property(bent, ({ frame, bent: broken }) => {
      const schema = schemas[frame.type]!;
      expectSame(schema, schema, [frame, broken, { ...frame, type: "other" }]);
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

/** Like a spread, but `__proto__` is a key. */
function with_(value: object, key: string, item: unknown): object {
  return Object.fromEntries([...Object.entries(value).filter(([known]) => known !== key), [key, item]]);
}
