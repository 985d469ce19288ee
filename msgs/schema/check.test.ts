import { describe, expect, it } from "vitest";
import { Checkers, compile } from "./check.ts";
import { Type, type TSchema } from "./type.ts";

const told = (schema: TSchema, value: unknown): string[] =>
  compile(schema)
    .errors(value)
    .map(({ instancePath, message }) => `${instancePath} ${message}`);
const raw = (schema: object): TSchema => schema as TSchema;

describe("a checker", () => {
  const frame = Type.Object(
    { type: Type.Literal("go"), to: Type.String({ maxLength: 3 }), at: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })) },
    { additionalProperties: false },
  );

  it("takes what has the shape and says nothing of it", () => {
    expect(compile(frame).check({ type: "go", to: "abc", at: 16 })).toBe(true);
    expect(compile(frame).errors({ type: "go", to: "abc" })).toEqual([]);
    expect(compile(frame).check({ type: "go", to: "abc", at: undefined })).toBe(true);
  });

  it("tells everything that is wrong, with where, by which keyword and with what", () => {
    expect(compile(frame).errors({ type: "stay", at: 17, prioirty: 1 })).toEqual([
      { keyword: "required", instancePath: "", message: "must have required properties to", params: { requiredProperties: ["to"] } },
      { keyword: "boolean", instancePath: "/prioirty", message: "schema is false", params: {} },
      {
        keyword: "additionalProperties",
        instancePath: "",
        message: "must not have additional properties",
        params: { additionalProperties: ["prioirty"] },
      },
      { keyword: "const", instancePath: "/type", message: "must be equal to constant", params: { allowedValue: "go" } },
      { keyword: "maximum", instancePath: "/at", message: "must be <= 16", params: { comparison: "<=", limit: 16 } },
    ]);
  });

  it("tells eight things at most, however much is wrong", () => {
    expect(compile(Type.Array(Type.Null())).errors(Array.from({ length: 100_000 }, () => 1))).toHaveLength(8);
    expect(compile(Type.Object({}, { additionalProperties: false })).errors(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i, i])))).toHaveLength(8); // prettier-ignore
  });

  it("points with JSON pointers", () => {
    expect(told(Type.Record(Type.String(), Type.Array(Type.Null())), { "a/b~c": [null, 1] })).toEqual(["/a~1b~0c/1 must be null"]);
  });

  it("says of a union what is wrong with each branch, and then that none fits", () => {
    expect(told(Type.Union([Type.Number({ minimum: 5 }), Type.Literal("max")]), 4)).toEqual([
      " must be >= 5",
      " must be string",
      " must be equal to constant",
      " must match a schema in anyOf",
    ]);
  });

  it("is made once for a schema that is met again", () => {
    const checkers = new Checkers();
    expect(checkers.of(frame)).toBe(checkers.of(frame));
  });
});

describe("numbers", () => {
  it("are finite", () => {
    for (const value of [NaN, Infinity, -Infinity, 10n, "1"]) expect(compile(Type.Number()).check(value), String(value)).toBe(false);
  });

  it("are whole when they have no fraction, however large, and minus nothing is nothing", () => {
    for (const value of [-0, 1e300, 2 ** 53]) expect(compile(Type.Integer()).check(value)).toBe(true);
    expect(compile(Type.Integer()).check(0.5)).toBe(false);
    expect(compile(Type.Integer({ minimum: 0 })).check(-0)).toBe(true);
    expect(compile(Type.Enum([0])).check(-0)).toBe(true);
  });
});

describe("texts", () => {
  it("are as long as they have code points, so that a flag or a wrench counts as it was typed", () => {
    expect(compile(Type.String({ maxLength: 2 })).check("𐍈𐍈")).toBe(true);
    expect(compile(Type.String({ maxLength: 2 })).check("𐍈𐍈a")).toBe(false);
    expect(compile(Type.String({ minLength: 2 })).check("𐍈")).toBe(false);
    expect(compile(Type.String({ minLength: 2 })).check("\ud800\udc00\ud800")).toBe(true);
  });

  it("are matched by patterns that know Unicode", () => {
    expect(compile(Type.String({ pattern: "^.$" })).check("𐍈")).toBe(true);
    expect(compile(Type.String({ pattern: "^\\p{Lu}" })).check("Ä")).toBe(true);
  });
});

describe("groups", () => {
  it("have what is their own, and nothing that every object inherits", () => {
    const schema = Type.Object({ toString: Type.Optional(Type.String()), valueOf: Type.Optional(Type.Number()) });
    expect(compile(schema).check({})).toBe(true);
    expect(compile(Type.Object({ toString: Type.Unknown() })).check({})).toBe(false);
    expect(compile(Type.Object({ constructor: Type.Unknown() })).check({})).toBe(false);
  });

  it("are closed against keys of the prototype too", () => {
    const closed = compile(Type.Object({ a: Type.Null() }, { additionalProperties: false }));
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"])
      expect(closed.check(JSON.parse(`{"a":null,"${key}":1}`)), key).toBe(false);
    expect(compile(Type.Record(Type.String(), Type.String())).check(JSON.parse('{"__proto__":1}'))).toBe(false);
  });

  it("may be open in a way: other keys are held against a schema, patterns come first", () => {
    const schema = Type.Record(Type.String({ pattern: "^x" }), Type.Number(), { additionalProperties: Type.Boolean() });
    expect(compile(schema).check({ xa: 1, b: true })).toBe(true);
    expect(told(schema, { xa: true, b: 1 })).toEqual(["/b must be boolean", " must not have additional properties", "/xa must be number"]);
  });
});

describe("a schema that asks for something the checker cannot hold a value against", () => {
  it.each([
    ["a keyword it does not know", { type: "string", format: "uri" }, '"format"'],
    ["a misspelt keyword", { type: "string", maxLenght: 3 }, '"maxLenght"'],
    ["a type it does not know", { type: "date" }, '"type"'],
    ["a type that every object inherits", { type: "constructor" }, '"type"'],
    ["a limit that is no number", { type: "number", minimum: "3" }, '"minimum"'],
    ["a length that is no count", { type: "string", minLength: -1 }, '"minLength"'],
    ["a tuple", { type: "array", items: [{}, {}] }, '"items"'],
    ["a constant that is a group", { const: {} }, '"const"'],
    ["words that are groups", { enum: [{}] }, '"enum"'],
    ["properties that are no group", { properties: [] }, '"properties"'],
    ["required keys that are no texts", { required: [1] }, '"required"'],
  ])("is refused when it is read: %s", (_, schema, named) => {
    expect(() => compile(raw(schema))).toThrow(`broken assumption: the keyword ${named}`);
    expect(() => compile(Type.Object({ deep: Type.Array(raw(schema)) }))).toThrow("broken assumption");
  });

  it("is refused when it is no schema at all", () => {
    expect(() => compile(raw([]))).toThrow("broken assumption: a schema is");
    expect(() => compile(Type.Union([undefined as unknown as TSchema]))).toThrow("broken assumption: a schema is");
  });
});
