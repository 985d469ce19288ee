import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PointKind, Value } from "#msgs/point.ts";
import { isBad } from "#msgs/quality.ts";
import { orders, parseAddress, type Order } from "./address.ts";
import { encode, RegisterDecoder, shapeOf, type Shape } from "./codec.ts";

const decoder = new RegisterDecoder();

function shape(text: string, kind: PointKind = "number"): Shape {
  const parsed = parseAddress(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return shapeOf(parsed.address, "abcd", kind);
}

function bytesOf(text: string, value: Value): Buffer {
  const bytes = encode(shape(text), value);
  if (typeof bytes === "string") throw new Error(bytes);
  return bytes;
}

const values: readonly (readonly [string, fc.Arbitrary<number | string>])[] = [
  ["u16", fc.integer({ min: 0, max: 65_535 })],
  ["s16", fc.integer({ min: -32_768, max: 32_767 })],
  ["u32", fc.integer({ min: 0, max: 4_294_967_295 })],
  ["s32", fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })],
  ["f32", fc.float({ noNaN: true, noDefaultInfinity: true })],
  ["f64", fc.double({ noNaN: true, noDefaultInfinity: true })],
  ["bcd16", fc.integer({ min: 0, max: 9_999 })],
  ["bcd32", fc.integer({ min: 0, max: 99_999_999 })],
  ["u64", fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(longValue)],
  ["s64", fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(longValue)],
];

function longValue(exact: bigint): number | string {
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact.toString();
}

describe("the codec", () => {
  it.each(values)("gives back every %s that was written, in all four orders, wherever it lies", (type, value) => {
    fc.assert(
      fc.property(value, fc.constantFrom(...orders), fc.nat(9), (wanted, order, at) => {
        const text = `holding:0:${type}:${order}`;
        const bytes = Buffer.concat([Buffer.alloc(at, 0xaa), bytesOf(text, wanted), Buffer.alloc(3, 0x55)]);
        expect(decoder.decode(shape(text), bytes, at).raw).toBe(wanted);
      }),
    );
  });

  it("puts 1234.5 on the wire in the four orders as the letters say", () => {
    // 1234.5 is 44 9a 50 00.
    const wire = (order: Order) => bytesOf(`holding:0:f32:${order}`, 1234.5).toString("hex");
    expect(orders.map(wire)).toEqual(["449a5000", "5000449a", "9a440050", "00509a44"]);
    const long = (order: Order) => bytesOf(`holding:0:u64:${order}`, 0x01020304050607).toString("hex");
    expect(orders.map(long)).toEqual(["0001020304050607", "0607040502030001", "0100030205040706", "0706050403020100"]);
  });

  it("a float without a value is bad and never zero", () => {
    const bytes = Buffer.from("7fc000007f800000", "hex");
    for (const at of [0, 4]) {
      const reading = decoder.decode(shape("holding:0:f32"), bytes, at);
      expect(reading.raw).toBeNull();
      expect(isBad(reading.quality)).toBe(true);
    }
  });

  it("a register that is not binary coded decimal is bad with the register in the reason", () => {
    expect(decoder.decode(shape("holding:0:bcd16"), Buffer.from("12a4", "hex"), 0)).toMatchObject({
      raw: null,
      reason: expect.stringContaining("0x12a4") as string,
    });
  });

  it("bits count from the least significant one, and the byte order turns the register first", () => {
    const bytes = Buffer.from("0108", "hex");
    const bits = (order: string) =>
      Array.from({ length: 16 }, (_, bit) => decoder.decode(shape(`holding:0.${bit}${order}`, "boolean"), bytes, 0).raw);
    expect(bits("").flatMap((isSet, bit) => (isSet ? [bit] : []))).toEqual([3, 8]);
    expect(bits(":badc").flatMap((isSet, bit) => (isSet ? [bit] : []))).toEqual([0, 11]);
  });

  it("numbers become truths for boolean points, and truths numbers for the others", () => {
    expect(decoder.decode(shape("holding:0", "boolean"), Buffer.from("0007", "hex"), 0).raw).toBe(true);
    expect(decoder.decode(shape("holding:0.0", "state"), Buffer.from("0007", "hex"), 0).raw).toBe(1);
  });

  it("strings end at the first zero byte, lose trailing spaces, and may have swapped bytes", () => {
    expect(decoder.decode(shape("holding:0:string:6", "text"), Buffer.from("PUMP\0x"), 0).raw).toBe("PUMP");
    expect(decoder.decode(shape("holding:0:string:6:badc", "text"), Buffer.from("UPPM  "), 0).raw).toBe("PUMP");
    expect(bytesOf("holding:0:string:5", "abc").toString("hex")).toBe("616263000000");
  });

  it.each([
    ["holding:0", 65_536, "outside"],
    ["holding:0", -1, "outside"],
    ["holding:0", 1.5, "whole number"],
    ["holding:0:s16", 40_000, "outside"],
    ["holding:0:bcd16", 10_000, "outside"],
    ["holding:0:f32", 1e39, "too large"],
    ["holding:0:f32", Number.NaN, "not a number"],
    ["holding:0:u64", -1, "does not fit"],
    ["holding:0:u64", "18446744073709551616", "does not fit"],
    ["holding:0:string:2", "abc", "do not fit"],
    ["holding:0:string:4", "日本", "Latin-1"],
    ["holding:0", "open", "not a number"],
  ])("refuses to write into %s what it cannot hold: %j", (text, value, reason) => {
    expect(encode(shape(text), value)).toEqual(expect.stringContaining(reason));
  });
});
