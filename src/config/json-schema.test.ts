import { Compile } from "typebox/schema";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { fakeModule } from "./fake-module.ts";
import { siteJsonSchema } from "./json-schema.ts";

describe("the JSON Schema for editors", () => {
  const schema = siteJsonSchema([fakeModule]);
  const check = Compile(schema);
  const accepts = (text: string) => check.Check(parse(text));

  it("takes what the loader takes, references and templates included", () => {
    expect(accepts('site: { name: x }\nserver: { port: "${PORT}" }')).toBe(true);
    expect(
      accepts(`
site: { name: x }
templates: { devices: { vav: { parameters: { n: 1 }, unitId: "{n}", points: [{ id: t, address: "hr:{n}", poll: 1s }] } } }
adapters: [{ id: a, protocol: modbus, host: h, devices: [{ id: "v-{n}", template: vav, each: { n: 1..3 } }] }]`),
    ).toBe(true);
  });

  it("refuses misspelt keys, also a protocol's", () => {
    expect(accepts("site: { nam: x }")).toBe(false);
    expect(accepts("site: { name: x }\nadapters: [{ id: a, protocol: modbus, hots: h }]")).toBe(false);
    expect(accepts("site: { name: x }\nserver: { port: none }")).toBe(false);
  });

  it("is plain JSON and describes what it asks for", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(JSON.stringify(schema)).toContain("Port of HTTP and WebSocket");
  });
});
