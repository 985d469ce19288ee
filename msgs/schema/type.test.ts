import { describe, expect, expectTypeOf, it } from "vitest";
import { Type, type Static } from "./type.ts";

describe("what the builders make", () => {
  it("is plain JSON Schema, options behind what the builder says", () => {
    expect(JSON.stringify(Type.String({ minLength: 1, description: "A name.", expects: "a name", title: "Name", default: "x" }))).toBe(
      '{"type":"string","minLength":1,"description":"A name.","expects":"a name","title":"Name","default":"x"}',
    );
    expect(JSON.stringify(Type.Record(Type.String({ pattern: "^\\d+$" }), Type.Null()))).toBe(
      '{"type":"object","patternProperties":{"^\\\\d+$":{"type":"null"}}}',
    );
  });

  it("asks for the properties that are not optional, and says nothing where all are", () => {
    const made = Type.Object({ a: Type.Number(), b: Type.Optional(Type.Number()) });
    expect(made.required).toEqual(["a"]);
    expect(JSON.parse(JSON.stringify(Type.Partial(made)))).toEqual({
      type: "object",
      properties: { a: { type: "number" }, b: { type: "number" } },
    });
    expect(Type.Omit(made, ["b"])).toEqual({ type: "object", required: ["a"], properties: { a: { type: "number" } } });
  });

  it("can be shared: making one optional leaves the others as they were", () => {
    const shared = Type.String({ maxLength: 3 });
    const first = Type.Object({ a: Type.Optional(shared) });
    const second = Type.Object({ a: shared });
    expect("required" in first).toBe(false);
    expect(second.required).toEqual(["a"]);
    expect(second.properties.a).toBe(shared);
  });

  it("stays optional when its type is told by hand, and not when it is written anew", () => {
    const optional = Type.Optional(Type.String());
    expect(Type.Object({ a: Type.Unsafe<"x">(optional) })).not.toHaveProperty("required");
    expect(Type.Object({ a: Type.Unsafe<"x">({ ...optional }) })).toHaveProperty("required", ["a"]);
  });

  it("has typebox's types", () => {
    const made = Type.Object({ kind: Type.Enum(["a", "b"]), at: Type.Optional(Type.Union([Type.Number(), Type.Null()])) });
    expect(Object.keys(made.properties)).toEqual(["kind", "at"]);
    expectTypeOf<Static<typeof made>>().toEqualTypeOf<{ kind: "a" | "b"; at?: number | null }>();
    expectTypeOf<Static<ReturnType<typeof Type.Partial<typeof made>>>>().toEqualTypeOf<{ kind?: "a" | "b"; at?: number | null }>();
  });

  it("of something typebox could build and we cannot is refused, not made wrong", () => {
    expect(() => Type.Enum({ A: "a" })).toThrow("broken assumption: Type.Enum takes a list");
    expect(() => Type.Literal(10n)).toThrow("broken assumption");
    expect(() => Type.Record(Type.Integer(), Type.String())).toThrow("takes keys that are String");
    expect(() => Type.Partial(Type.Union([Type.Object({})]))).toThrow("takes an Object");
    expect(() => Type.Omit(Type.Object({ a: Type.Null() }), Type.Literal("a"))).toThrow("takes a list of keys");
  });
});
