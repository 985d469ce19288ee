import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, orders, parseAddress, parseStretch, tables, types, widthOf, type Address } from "./address.ts";

const registerAddress = fc
  .record({
    table: fc.constantFrom("input" as const, "holding" as const),
    at: fc.integer({ min: 0, max: 65_400 }),
    type: fc.constantFrom(...types.filter((type) => type !== "bit")),
    order: fc.option(fc.constantFrom(...orders), { nil: undefined }),
    bytes: fc.integer({ min: 1, max: 250 }),
  })
  .map(({ order, bytes, ...rest }): Address => ({ ...rest, ...(rest.type === "string" && { bytes }), ...(order && { order }) }));
const bitAddress = fc.record({
  table: fc.constantFrom(...tables),
  at: fc.integer({ min: 0, max: 65_535 }),
  bit: fc.integer({ min: 0, max: 15 }),
});

describe("an address", () => {
  it("is the same after being written down and read again", () => {
    fc.assert(
      fc.property(registerAddress, (address) => {
        expect(parseAddress(formatAddress(address))).toEqual({ address });
      }),
    );
    fc.assert(
      fc.property(bitAddress, ({ table, at, bit }) => {
        const inRegister = table === "input" || table === "holding";
        const address: Address = { table, at, type: "bit", ...(inRegister && { bit }) };
        expect(parseAddress(formatAddress(address))).toEqual({ address });
      }),
    );
  });

  it.each([
    ["holding:100", { table: "holding", at: 100, type: "u16" }],
    ["holding:100:f32:cdab", { table: "holding", at: 100, type: "f32", order: "cdab" }],
    ["holding:100:dcba", { table: "holding", at: 100, type: "u16", order: "dcba" }],
    ["Holding:0x1F:S16", { table: "holding", at: 31, type: "s16" }],
    ["holding:12.3", { table: "holding", at: 12, type: "bit", bit: 3 }],
    ["input:9:string:7:badc", { table: "input", at: 9, type: "string", bytes: 7, order: "badc" }],
    ["coil:0", { table: "coil", at: 0, type: "bit" }],
    ["40101", { table: "holding", at: 100, type: "u16" }],
    ["400101:f32", { table: "holding", at: 100, type: "f32" }],
    ["30001", { table: "input", at: 0, type: "u16" }],
    ["10008", { table: "discrete", at: 7, type: "bit" }],
    ["00001", { table: "coil", at: 0, type: "bit" }],
    ["465536", { table: "holding", at: 65_535, type: "u16" }],
  ])("%s is read as meant", (text, address) => {
    expect(parseAddress(text)).toEqual({ address });
  });

  it.each([
    ["", "is not an address"],
    ["register:1", "is not an address"],
    ["holding:-1", "is not an address"],
    ["holding:65536", "the last holding is 65535"],
    ["holding:65533:f64", "ends at 65536"],
    ["holding:1.16", "bits 0 to 15"],
    ["coil:1.1", "is a bit already"],
    ["coil:1:u16", "has no type"],
    ["holding:1:f16", "is not a type"],
    ["holding:1:string", "how many bytes"],
    ["holding:1:string:251", "1 to 250"],
    ["holding:1:f32:abdc", "is not a byte order"],
    ["holding:1:f32:abcd:abcd", "is not a byte order"],
    ["40000", "start at 40001"],
    ["50001", "begin with 0 (coil)"],
    ["7", 'in quotes where it begins with 0: "00007"'],
    ["hr:5", "tables are coil, discrete, input, holding"],
    ["holding:1:int16", "write s16"],
    ["holding:1:Float:cdab", "write f32"],
  ])("%j is refused with a reason", (text, reason) => {
    expect(parseAddress(text)).toMatchObject({ problem: expect.stringContaining(reason) as string });
  });

  it("takes as many registers as its type says", () => {
    expect(types.map((type) => widthOf({ type, bytes: 5 }))).toEqual([1, 1, 1, 2, 2, 4, 4, 2, 4, 1, 2, 3]);
  });

  it("stretches have both ends and are refused backwards", () => {
    expect(parseStretch("holding:100-120")).toEqual({ table: "holding", from: 100, to: 120 });
    expect(parseStretch("coil:7")).toEqual({ table: "coil", from: 7, to: 7 });
    expect(parseStretch("holding:120-100")).toBeUndefined();
    expect(parseStretch("holding:1-70000")).toBeUndefined();
  });
});
