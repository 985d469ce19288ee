import { describe, expect, it } from "vitest";
import { blank, filled } from "./fill.ts";
import { Type } from "./type.ts";

describe("filling defaults in", () => {
  const options = Type.Object({
    host: Type.String(),
    port: Type.Optional(Type.Integer({ default: 502 })),
    words: Type.Optional(Type.Array(Type.Object({ on: Type.Boolean({ default: true }) }), { default: [{}] })),
  });

  it("gives what was left out, inside of what it gives as well, and keeps what was written", () => {
    expect(filled(options, { host: "h", more: 1 })).toEqual({ host: "h", port: 502, words: [{ on: true }], more: 1 });
    expect(filled(options, { host: "h", port: 0, words: [] })).toEqual({ host: "h", port: 0, words: [] });
  });

  it("touches neither the value nor the schema", () => {
    const written = { host: "h", words: [{}] };
    const first = filled(options, written);
    expect(written).toEqual({ host: "h", words: [{}] });
    expect(first).toMatchObject({ words: [{ on: true }] });
    const second = filled(options, { host: "h" }) as { words: { on: boolean }[] };
    second.words[0]!.on = false;
    expect(filled(options, { host: "h" })).toMatchObject({ words: [{ on: true }] });
  });

  it("goes into records, into every part of an intersection and into the branch that then fits", () => {
    const inner = Type.Object({ a: Type.Number({ default: 1 }) });
    expect(filled(Type.Record(Type.String(), inner), { x: {} })).toEqual({ x: { a: 1 } });
    expect(filled(Type.Intersect([inner, Type.Object({ b: Type.Number({ default: 2 }) })]), {})).toEqual({ a: 1, b: 2 });
    expect(filled(Type.Union([Type.Null(), inner]), {})).toEqual({ a: 1 });
    expect(filled(Type.Union([Type.Null(), inner]), "neither")).toBe("neither");
  });

  it("takes a key of the prototype for a key", () => {
    const made = filled(options, JSON.parse('{"host":"h","__proto__":{"port":1}}')) as object;
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(made).toMatchObject({ port: 502 });
  });
});

describe("the least that has a shape", () => {
  it("is what must be there, as its default or as empty as may be", () => {
    expect(
      blank(
        Type.Object({
          name: Type.String({ minLength: 2 }),
          port: Type.Integer({ minimum: 1 }),
          rate: Type.Number({ exclusiveMinimum: 0 }),
          mode: Type.Enum(["a", "b"]),
          kind: Type.Literal("k"),
          on: Type.Boolean(),
          either: Type.Union([Type.Null(), Type.String()]),
          list: Type.Array(Type.Null(), { minItems: 2 }),
          given: Type.String({ default: "d" }),
          whole: Type.Intersect([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.Number() })]),
          left: Type.Optional(Type.String({ default: "not asked for" })),
        }),
      ),
    ).toEqual({
      name: "  ",
      port: 1,
      rate: 1,
      mode: "a",
      kind: "k",
      on: false,
      either: null,
      list: [null, null],
      given: "d",
      whole: { a: 0, b: 0 },
    });
  });

  it("has a hole where nobody could guess: text of a pattern", () => {
    expect(blank(Type.Object({ id: Type.String({ pattern: "^x" }) }))).toEqual({ id: undefined });
  });
});
