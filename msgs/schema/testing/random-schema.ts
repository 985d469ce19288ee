import fc from "fast-check";
import { Type, type TProperties, type TSchema } from "../type.ts";

type Builders = typeof Type;

/** A schema that any builder can make, and values that fit it, nearly fit it, or were sent by somebody who means harm. */
export interface Sample {
  make(builders: Builders): TSchema;
  readonly near: fc.Arbitrary<unknown>;
}

/** A failing sample prints its schema, not the machinery that makes it. */
function printable(sample: Sample): Sample {
  return { ...sample, [fc.toStringMethod]: () => JSON.stringify(sample.make(Type)) } as Sample;
}

/** Any schema our builders can make, a few levels deep. */
export function anySample(): fc.Arbitrary<Sample> {
  return fc
    .letrec<{ sample: Sample; group: Sample }>((tie) => ({
      sample: fc.oneof(
        { depthSize: "small", maxDepth: 3, withCrossShrink: true },
        leaf,
        tie("group"),
        lists(tie("sample")),
        records(tie("sample")),
        unions(tie("sample")),
        intersections(tie("group")),
      ),
      group: groups(tie("sample")),
    }))
    .sample.map(printable);
}

const awkwardKeys = ["a", "b", "c/d", "e~f", "ü𐍈", "constructor", "__proto__", "12"];
const strangeKeys = [...awkwardKeys, "toString", "hasOwnProperty", "two\nlines", ""];
const awkwardNumbers = [NaN, Infinity, -Infinity, -0, 0, 0.1, 1.5, 2 ** 53, 1e300, Number.MIN_VALUE];

const text = fc.string({ unit: fc.constantFrom("a", "b", "7", "-", "ß", "€", "𐍈", "👩‍🔧", "\ud800", "\udc00", "\n"), maxLength: 8 });
const figure = fc.oneof(fc.integer({ min: -4, max: 14 }), fc.constantFrom(...awkwardNumbers), fc.double({ min: -4, max: 14 }));
export const hostile = fc.oneof(
  { withCrossShrink: true },
  fc.constantFrom<unknown>(undefined, null, true, false, "", [], {}, 10n, Symbol("x"), () => 0, new Date(0), Object.create(null), [
    undefined,
  ]),
  text,
  figure,
  fc.dictionary(fc.constantFrom(...strangeKeys), fc.oneof(text, figure)),
  fc.jsonValue({ maxDepth: 2 }),
);

function near(fitting: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: fitting }, { weight: 1, arbitrary: hostile });
}

/** Some of the options, so that each stands alone and beside every other. */
function some(options: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Record<string, unknown>> {
  const remarks = { description: fc.constant("What it is."), title: fc.constant("Name"), expects: fc.constant("something") };
  return fc.record({ ...options, ...remarks }, { requiredKeys: [] }).map((chosen) => ({ ...chosen }));
}

const bound = fc.integer({ min: -3, max: 12 });
const bounds = { minimum: bound, maximum: bound, exclusiveMinimum: bound, exclusiveMaximum: fc.double({ min: 1, max: 12, noNaN: true }) };
const lengths = {
  minLength: fc.integer({ min: 0, max: 4 }),
  maxLength: fc.integer({ min: 0, max: 6 }),
  pattern: fc.constantFrom("^[a-z]+$", "^\\d{1,3}-\\d{1,3}$", "[ß€]", "^.{2}$", "\\p{L}"),
};
const word = fc.constantFrom("open", "closed", "a", "", 1, 2.5, 0);

function plain(
  options: fc.Arbitrary<Record<string, unknown>>,
  fitting: fc.Arbitrary<unknown>,
  make: (to: Builders, with_: Record<string, unknown>) => TSchema,
) {
  return options.map((chosen): Sample => ({ near: near(fitting), make: (builders) => make(builders, chosen) }));
}

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  plain(some({ ...lengths, default: text }), text, (to, with_) => to.String(with_)),
  plain(some({ ...bounds, default: figure.filter(Number.isFinite) }), figure, (to, with_) => to.Number(with_)),
  plain(some({ ...bounds, default: bound }), figure, (to, with_) => to.Integer(with_)),
  plain(some({ default: fc.boolean() }), fc.boolean(), (to, with_) => to.Boolean(with_)),
  plain(some({}), fc.constant(null), (to, with_) => to.Null(with_)),
  plain(some({}), hostile, (to, with_) => to.Unknown(with_)),
  fc
    .oneof(word, fc.boolean())
    .chain((only) => plain(some({}), fc.constantFrom<unknown>(only, "a", 0, -0), (to, with_) => to.Literal(only, with_))),
  fc
    .uniqueArray(word, { minLength: 1, maxLength: 4 })
    .chain((words) => plain(some({ default: fc.constantFrom(...words) }), word, (to, with_) => to.Enum(words, with_))),
  plain(some(lengths), text, (to, with_) => to.Unsafe<string>(to.Optional(to.String(with_)))),
  plain(some({ default: word }), word, (to, with_) => to.Unsafe<string>({ type: "string", enum: ["open", "a"], ...with_ })),
);

function lists(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const options = some({ minItems: fc.integer({ min: 0, max: 3 }), maxItems: fc.integer({ min: 0, max: 3 }), default: fc.constant([]) });
  return fc.tuple(inner, options).map(([item, chosen]) => ({
    make: (to) => to.Array(item.make(to), chosen),
    near: near(fc.array(item.near, { maxLength: 4 })),
  }));
}

function records(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const options = some({ additionalProperties: fc.boolean(), default: fc.constant({}) });
  return fc.tuple(inner, options, fc.constantFrom(undefined, "^[a-e]", "\\d")).map(([item, chosen, pattern]) => ({
    make: (to) => to.Record(to.String(pattern === undefined ? {} : { pattern }), item.make(to), chosen),
    near: near(fc.dictionary(fc.constantFrom(...strangeKeys), item.near, { maxKeys: 4 })),
  }));
}

function unions(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.tuple(fc.array(inner, { minLength: 1, maxLength: 4 }), some({})).map(([branches, chosen]) => ({
    make: (to) =>
      to.Union(
        branches.map((branch) => branch.make(to)),
        chosen,
      ),
    near: fc.oneof(...branches.map((branch) => branch.near)),
  }));
}

function intersections(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.tuple(fc.array(inner, { minLength: 1, maxLength: 3 }), some({})).map(([parts, chosen]) => ({
    make: (to) =>
      to.Intersect(
        parts.map((part) => part.make(to)),
        chosen,
      ),
    near: fc.tuple(...parts.map((part) => part.near)).map((values) => (values.every(isPlainGroup) ? merged(values) : values[0])),
  }));
}

function groups(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const property = fc.tuple(fc.constantFrom(...awkwardKeys), inner, fc.boolean());
  const properties = fc.uniqueArray(property, { selector: ([key]) => key, maxLength: 4 });
  const others = fc.option(fc.oneof(fc.boolean(), inner), { nil: undefined });
  const turned = fc.constantFrom("as it is", "as it is", "partial", "without a");
  return fc.tuple(properties, others, turned, some({ default: fc.constant({}) })).map(([entries, rest, turn, remarks]) => ({
    make: (to) => {
      const made = Object.fromEntries(entries.map(([key, { make }, isOptional]) => [key, isOptional ? to.Optional(make(to)) : make(to)]));
      const closing = rest === undefined ? {} : { additionalProperties: typeof rest === "boolean" ? rest : rest.make(to) };
      const options = { ...closing, ...remarks };
      if (turn === "partial") return to.Partial(to.Object(made as TProperties), options);
      if (turn === "without a") return to.Omit(to.Object(made as TProperties, { description: "is lost" }), ["a"], options);
      return to.Object(made as TProperties, options);
    },
    near: near(groupNear(entries.map(([key, { near: value }]) => [key, value]))),
  }));
}

function groupNear(entries: readonly (readonly [string, fc.Arbitrary<unknown>])[]): fc.Arbitrary<unknown> {
  const given = entries.map(([key, value]) =>
    fc.tuple(fc.constant(key), fc.option(value, { nil: undefined }), fc.integer({ min: 0, max: 5 })),
  );
  const extra = fc.dictionary(fc.constantFrom(...strangeKeys), hostile, { maxKeys: 2 });
  return fc
    .tuple(fc.tuple(...given), fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: extra }))
    .map(([all, more]) => merged([more, Object.fromEntries(all.filter(([, , chance]) => chance > 0).map(([key, value]) => [key, value]))]));
}

function isPlainGroup(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Like a spread, but `__proto__` stays a key. */
function merged(groups_: readonly object[]): object {
  return Object.fromEntries(groups_.flatMap((one) => Object.entries(one)));
}
